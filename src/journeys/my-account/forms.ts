import { z } from 'zod'

/** Longer than anything a person types; what is longer is refused, not cut. */
const text = z.string().max(1024).default('')
/** A value of 1000 characters, each of them two units. */
const LONGEST_FIELD = 4000

/** `account` is whose page it was: in another tab somebody else may have signed in since. */
const common = { csrf: text, account: text }

export const plainForm = z.strictObject(common)
export const contactForm = z.strictObject({ ...common, contact: text })
export const codeForm = z.strictObject({ ...common, code: text })
export const passwordForm = z.strictObject({ ...common, currentPassword: text, newPassword: text })
export const deactivateForm = z.strictObject({ ...common, currentPassword: text })
export const oneOfListForm = z.strictObject({ ...common, id: text })
export const signOutForm = z.strictObject({ ...common, decision: text })
/** With the inputs `field.<name>` of the person's type. */
export const profileForm = z.object(common).catchall(z.string().max(LONGEST_FIELD))
