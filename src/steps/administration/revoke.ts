import type { Audit, Origin } from '../../domain/audit/index.ts'
import { LONGEST_TOKEN_SECONDS, type RevocationStore } from '../../domain/revocations/index.ts'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import type { Endings } from '../../oidc/index.ts'
import type { ChangeOutcome } from './change-account.ts'

/** What is to end, by the id under which it is shown. */
export type Revoked =
  /** One access token: a machine's dies alone, and so does a person's here. */
  | { readonly kind: 'token'; readonly jti: string }
  | { readonly kind: 'grant'; readonly id: string }
  | { readonly kind: 'session'; readonly id: string }
  /** As signing out everywhere. */
  | { readonly kind: 'account'; readonly id: string }
  /** Everything that it was given; it stays enabled. */
  | { readonly kind: 'client'; readonly id: string }

/** `unchanged`: it had ended before. */
export type RevokeOutcome = 'revoked' | 'unchanged' | 'unknown'

export type Revoke = (what: Revoked, reason: string, origin: Origin) => Promise<RevokeOutcome>

export interface RevokeParts {
  readonly endings: Endings
  readonly revocationStore: Pick<RevocationStore, 'raise'>
  readonly endSignIns: (accountId: string, origin: Origin, reason: string) => Promise<ChangeOutcome>
  /** Of the registered ones. */
  readonly clientIds: readonly string[]
  readonly audit: Pick<Audit, 'entry'>
  readonly clock: Clock
}

/** Ends one thing, with its record in the same write. Ids are not looked up: one that never was ends nothing. */
export function createRevoke(parts: RevokeParts): Revoke {
  const { endings, revocationStore, endSignIns, audit, clock } = parts
  const clients = new Set(parts.clientIds)

  function endToken(jti: string, reason: string, origin: Origin): Promise<boolean> {
    const until = addSeconds(clock.now(), LONGEST_TOKEN_SECONDS)
    return endings.endToken({ id: jti, clientId: null, until, reason, origin })
  }

  async function endClient(id: string, reason: string, origin: Origin): Promise<RevokeOutcome> {
    if (!clients.has(id)) return 'unknown'
    const owner = { kind: 'client', id } as const
    const entry = await audit.entry({
      ...origin,
      event: 'client.sign-ins-ended',
      outcome: 'success',
      reason,
      subject: owner,
    })
    await revocationStore.raise([{ owner, signIn: true }], clock.now(), [entry])
    return 'revoked'
  }

  return async (what, reason, origin) => {
    const outcomeOf = (ended: boolean) => (ended ? 'revoked' : 'unchanged')
    switch (what.kind) {
      case 'token':
        return outcomeOf(await endToken(what.jti, reason, origin))
      case 'grant':
        return outcomeOf(await endings.endGrant({ id: what.id, accountId: null, reason, origin }))
      case 'session':
        return outcomeOf(await endings.endSession({ id: what.id, accountId: null, reason, origin }))
      case 'account':
        return (await endSignIns(what.id, origin, reason)).kind === 'unknown' ? 'unknown' : 'revoked'
      case 'client':
        return endClient(what.id, reason, origin)
    }
  }
}
