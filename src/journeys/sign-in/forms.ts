import { z } from 'zod'

/** Longer than anything a person types; what is longer is refused, not cut. */
const TEXT = 1024

const csrf = z.string().max(TEXT).optional()
const text = z.string().max(TEXT).default('')

export const passwordForm = z.strictObject({ csrf, identifier: text, password: text })

export const withCodeForm = z.strictObject({ csrf, identifier: text })

export const codeForm = z.strictObject({ csrf, code: text })

export const chooseChannelForm = z.strictObject({ csrf, channel: z.enum(['sms', 'email']) })

export const resendForm = z.strictObject({ csrf })
