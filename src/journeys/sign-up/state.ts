import type { FieldValues } from '../../domain/user-types/index.ts'
import type { WayToVerify } from '../../steps/index.ts'

/**
 * What somebody wants an account to be made from, while its contact is not verified. Nothing of it is an account,
 * none of its values is taken; it expires with the attempt, sealed at rest.
 */
export interface SignUpState {
  /**
   * `verified`: the code was right and the account is still to be made. `waiting`: it was made and waits for
   * approval. `refused`: it was not made, and what was typed is good for nothing any more.
   */
  readonly step: 'code' | 'verified' | 'done' | 'waiting' | 'refused'
  readonly userType: string
  readonly userTypeVersion: number
  readonly email: string | null
  readonly phone: string | null
  readonly userId: string | null
  readonly employeeId: string | null
  readonly fields: FieldValues
  readonly passwordHash: string
  readonly challengeId: string
  /** When the challenge was noted, in ms since 1970: a moment later it is there. */
  readonly notedAt: number
  /** By which contact the code was right; null before that. */
  readonly verified: WayToVerify | null
  /** Of the account to be: whoever makes it twice makes it once. */
  readonly accountId: string
}
