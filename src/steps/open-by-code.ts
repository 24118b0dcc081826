import type { Accounts } from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Channel } from '../domain/delivery/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import type { UserTypeStore } from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'
import { DuplicateKey } from '../lib/errors.ts'
import { whyNotByCode } from './claim-by-code.ts'

/** A contact that its owner has just proved by a code, and that nobody had when the code was sent. */
export interface ProvedContact {
  readonly userType: string
  readonly channel: Channel
  /** Canonical. */
  readonly destination: string
}

export interface OpenByCodeParts {
  readonly accounts: Accounts
  readonly userTypes: UserTypeStore
  readonly revocationStore: RevocationStore
  readonly audit: Audit
  readonly clock: Clock
}

/** Null when no account could be made, nor the one used that has the contact by now. */
export type OpenByCode = (
  contact: ProvedContact,
  origin: Origin,
) => Promise<{ readonly accountId: string; readonly generation: number; readonly isNew: boolean } | null>

/** The account of a first-time contact: made after the right code, never before, with nothing but the contact. */
export function createOpenByCode(parts: OpenByCodeParts): OpenByCode {
  const { accounts, userTypes, revocationStore, audit, clock } = parts

  async function open({ userType, channel, destination }: ProvedContact, origin: Origin) {
    const stored = await userTypes.find(userType)
    if (!stored?.type.passwordless?.createsAccounts) return null
    const contact = { value: destination, verifiedAt: clock.now() }
    const account = accounts.draft({
      userType: stored.type,
      userTypeVersion: stored.version,
      email: channel === 'email' ? contact : null,
      phone: channel === 'sms' ? contact : null,
      passwordHash: null,
      adminRole: null,
    })
    const entry = await audit.entry({
      ...origin,
      event: 'sign-up.completed',
      outcome: 'success',
      subject: { kind: 'account', id: account.id },
      factor: channel,
      details: { userType, by: 'code-only' },
    })
    try {
      await accounts.open(account, stored.type, { audit: [entry] })
      return account.id
    } catch (error) {
      if (error instanceof DuplicateKey) return null
      throw error
    }
  }

  /**
   * Somebody with the same contact was faster, in another browser or at a sign-up. The contact is proved all the
   * same, so it signs in to that account if a code alone does there.
   */
  async function findOpened(destination: string) {
    for (const found of await accounts.findByTyped(destination)) {
      const { id } = found.account
      const [generations] = await revocationStore.findGenerations([{ kind: 'account', id }])
      const account = await accounts.find(id)
      const stored = await userTypes.find(found.account.userType)
      if (account && stored && whyNotByCode({ ...found, account }, stored.type) === null) {
        return { accountId: id, generation: generations?.signIn ?? 0, isNew: false }
      }
    }
    return null
  }

  return async (contact, origin) => {
    const accountId = await open(contact, origin)
    if (accountId !== null) return { accountId, generation: 0, isNew: true }
    const opened = await findOpened(contact.destination)
    if (opened) return opened
    const reason = 'contact-taken'
    await audit.record({ ...origin, event: 'sign-up.refused', outcome: 'failure', reason })
    return null
  }
}
