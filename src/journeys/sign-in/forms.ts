import { z } from 'zod'

/** Longer than anything a person types; what is longer is refused, not cut. */
const TEXT = 1024

export const passwordForm = z.strictObject({
  csrf: z.string().max(TEXT).optional(),
  identifier: z.string().max(TEXT).default(''),
  password: z.string().max(TEXT).default(''),
})

export const codeForm = z.strictObject({
  csrf: z.string().max(TEXT).optional(),
  code: z.string().max(TEXT).default(''),
})

export const chooseChannelForm = z.strictObject({
  csrf: z.string().max(TEXT).optional(),
  channel: z.enum(['sms', 'email']),
})

export const resendForm = z.strictObject({
  csrf: z.string().max(TEXT).optional(),
})
