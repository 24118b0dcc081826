import { z } from 'zod'

const text = z.string().max(1024).default('')

/** `xsrf` and `logout` are what the library's own self-posting form sends, when another person signs in. */
export const signOutForm = z.strictObject({ csrf: text, xsrf: text, logout: text, decision: text })
