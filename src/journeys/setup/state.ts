import type { Channel } from '../../domain/delivery/index.ts'

/** What the first owner is to be made from, while the contact is not verified; sealed at rest. */
export interface SetupState {
  readonly step: 'code' | 'done'
  readonly email: string | null
  readonly phone: string | null
  readonly passwordHash: string
  readonly verifying: Channel
  readonly challengeId: string
  /** The link's secret: should the contact be taken, the form is shown again. */
  readonly token: string
}
