/** Which invitation this browser follows; sealed at rest. */
export interface InvitationState {
  /** `waiting`: the account was made, and an administrator still has to approve of it. */
  readonly step: 'details' | 'done' | 'waiting'
  /** The link's secret: it is used up by the account that it makes. */
  readonly token: string
  readonly accountId: string
}
