/**
 * Passwords: hash one, verify one, say whether one may be chosen.
 * Owns the form a password is stored in, the threads that hash, their queue, and the list of common passwords.
 * Knows nothing of accounts, HTTP or storage: the stored text is kept with the account by whoever asked for it.
 * Called by the steps of sign-in, sign-up, recovery and a change of password.
 */
export { type BcryptHasherOptions, createBcryptHasher } from './bcrypt-hasher.ts'
export { type ContextSource, contextWords } from './context-words.ts'
export type { HashCaller, Hasher } from './hasher.ts'
export { type AdoptResult, createOldPasswords, type OldPasswords } from './old-password.ts'
export { createPasswords, type Passwords, type PasswordsOptions, type Verification } from './passwords.ts'
export { checkPolicy, MAXIMUM_LENGTH, minimumLength, type PolicyResult } from './policy.ts'
