import { z } from 'zod'

export const consentForm = z.strictObject({
  csrf: z.string().max(1024).optional(),
  decision: z.enum(['allow', 'deny']),
})
