/**
 * One-time codes: make one, accept it at most once. Owns the challenge record, its chain, expiry and attempts.
 * Knows nothing of HTTP, of accounts' rules, of how a message is worded or sent: what is written together with a
 * challenge is handed in. Called by steps.
 */
export type * from './challenge-store.ts'
export {
  type CodePolicy,
  createOtp,
  type IssuedCode,
  type NewChain,
  type Otp,
  type Pepper,
  type StartResult,
  type VerifyResult,
} from './otp.ts'
