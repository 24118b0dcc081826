import { z } from 'zod'

/** Longer than anything a person types; what is longer is refused, not cut. */
const text = z.string().max(1024).default('')

export const signUpForm = z.strictObject({
  csrf: text,
  userType: text,
  email: text,
  phone: text,
  password: text,
})

export const codeForm = z.strictObject({ csrf: text, code: text })

export const resendForm = z.strictObject({ csrf: text })
