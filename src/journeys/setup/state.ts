import type { Channel } from '../../domain/delivery/index.ts'

/** What the first owner is to be made from, while the contact is not verified. The link's secret is not in it. */
export interface SetupState {
  readonly step: 'code' | 'done'
  readonly email: string | null
  readonly phone: string | null
  readonly passwordHash: string
  readonly verifying: Channel
  readonly challengeId: string
  /** base64url of the hash of the link's secret. */
  readonly linkHash: string
}
