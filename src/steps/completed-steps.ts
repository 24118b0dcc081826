import type { Channel } from '../domain/delivery/index.ts'

/** What a person has really done, and what may be said of it. */
export interface Assurance {
  readonly acr: string
  /** RFC 8176. */
  readonly amr: readonly string[]
}

/**
 * `acr` and `amr` come from completed steps only. A code by email is not called a second factor: whoever reads the
 * mailbox may also reset the password.
 */
export function assuranceOf(steps: { readonly password: boolean; readonly code: Channel | null }): Assurance {
  const { password, code } = steps
  if (password && code === 'sms') {
    return { acr: 'urn:latchkey:acr:password-sms', amr: ['pwd', 'otp', 'sms', 'mfa'] }
  }
  if (password && code === 'email') return { acr: 'urn:latchkey:acr:password-email', amr: ['pwd', 'otp'] }
  if (password) return { acr: 'urn:latchkey:acr:password', amr: ['pwd'] }
  if (code === null) throw new Error('A sign-in has at least one completed step.')
  return { acr: 'urn:latchkey:acr:code', amr: code === 'sms' ? ['otp', 'sms'] : ['otp'] }
}
