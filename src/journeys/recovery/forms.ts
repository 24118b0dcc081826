import { z } from 'zod'

/** Longer than anything a person types; what is longer is refused, not cut. */
const text = z.string().max(1024).default('')

export const forgotForm = z.strictObject({ csrf: text, identifier: text })

export const codeForm = z.strictObject({ csrf: text, code: text })

export const resendForm = z.strictObject({ csrf: text })

/** `account`: whose password the page said that it sets. */
export const newPasswordForm = z.strictObject({ csrf: text, account: text, newPassword: text })

export const ownerLinkForm = z.strictObject({ csrf: text, token: text })
