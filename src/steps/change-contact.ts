import { type Account, type Accounts, reachableBy } from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Channel } from '../domain/delivery/index.ts'
import type { UserType } from '../domain/user-types/index.ts'
import { canonicalEmail, canonicalPhone } from '../lib/canonical.ts'
import type { Clock } from '../lib/clock.ts'
import type { ActingPerson, ChangeAccount, ChangeResult } from './change-account.ts'
import type { CodePolicyOf } from './code-policy.ts'
import type { Notices } from './notices.ts'
import type { CodeRequest } from './send-code.ts'
import { isServed, type ServedCountries } from './served-countries.ts'

/** A contact that is to become the account's, by the channel that reaches it; canonical. */
export interface NewContact {
  readonly channel: Channel
  readonly contact: string
}

export type ContactProblem = 'missing' | 'malformed' | 'refused' | 'unchanged'

export type ReadContactResult =
  | { readonly ok: true; readonly contact: string }
  | { readonly ok: false; readonly problem: ContactProblem }

export interface ChangeContact {
  read(account: Account, channel: Channel, typed: string): ReadContactResult
  /**
   * The code that proves the new contact. Where it is somebody's already, its owner is told instead and everything
   * looks the same.
   */
  request(person: ContactOwner, next: NewContact, language: string): Promise<CodeRequest>
  /** After the right code: the contact is the account's, everything but this session ends, the old one is told. */
  finish(person: ActingPerson, next: NewContact, origin: Origin): Promise<ChangeResult>
  /** May the account do without it? */
  isRemovable(account: Account, userType: UserType, channel: Channel): boolean
  remove(person: ActingPerson, channel: Channel, origin: Origin): Promise<ChangeResult<'needed'>>
}

export interface ContactOwner {
  readonly account: Account
  readonly userType: UserType
}

export interface ChangeContactParts {
  readonly changeAccount: ChangeAccount
  readonly accounts: Accounts
  readonly codePolicyOf: CodePolicyOf
  readonly notices: Notices
  readonly audit: Audit
  readonly clock: Clock
  readonly phoneRegion: string | null
  readonly countries: ServedCountries
}

const NAMES = { sms: 'phone', email: 'email' } as const

export function createChangeContact(parts: ChangeContactParts): ChangeContact {
  const { changeAccount, accounts, codePolicyOf, notices, audit, clock, phoneRegion, countries } = parts

  async function entryOf(
    event: 'account.contact-changed' | 'account.contact-removed',
    { accountId }: ActingPerson,
    channel: Channel,
    origin: Origin,
  ) {
    const subject = { kind: 'account', id: accountId } as const
    const details = { contact: NAMES[channel] }
    return audit.entry({ ...origin, event, outcome: 'success', subject, factor: channel, details })
  }

  return {
    read(account, channel, typed) {
      if (typed.trim() === '') return { ok: false, problem: 'missing' }
      const contact = channel === 'sms' ? canonicalPhone(typed, phoneRegion) : canonicalEmail(typed)
      if (contact === null) return { ok: false, problem: 'malformed' }
      if (channel === 'sms' && !isServed(contact, countries)) return { ok: false, problem: 'refused' }
      if (reachableBy(account, channel) === contact) return { ok: false, problem: 'unchanged' }
      return { ok: true, contact }
    },

    async request({ account, userType }, { channel, contact }, language) {
      const known = await accounts.isTaken([{ space: NAMES[channel], value: contact }])
      return {
        purpose: 'contact-change',
        channel,
        destination: contact,
        policy: codePolicyOf(userType),
        clientName: null,
        language,
        userType: userType.id,
        by: { kind: 'member', accountId: account.id, known },
      }
    },

    async finish(person, { channel, contact }, origin) {
      const name = NAMES[channel]
      const result = await changeAccount(person, async (account) => ({
        next: { ...account, [name]: { value: contact, verifiedAt: clock.now() } },
        ends: 'others',
        audit: [await entryOf('account.contact-changed', person, channel, origin)],
        messages: notices.ofChange({ template: 'contact-changed', contact: name }, account, origin),
      }))
      if (!result.ok) {
        const subject = { kind: 'account', id: person.accountId } as const
        const { reason } = result
        const refused = { event: 'account.contact-refused', outcome: 'failure', reason, subject } as const
        await audit.record({ ...origin, ...refused, factor: channel })
      }
      return result
    },

    isRemovable,

    remove: (person, channel, origin) =>
      changeAccount(person, async (account, userType) => {
        if (!isRemovable(account, userType, channel)) return { refusal: 'needed' }
        const name = NAMES[channel]
        const wasVerified = reachableBy(account, channel) !== null
        return {
          next: { ...account, [name]: null },
          ends: wasVerified ? 'others' : 'nothing',
          audit: [await entryOf('account.contact-removed', person, channel, origin)],
          messages: notices.ofChange({ template: 'contact-changed', contact: name }, account, origin),
        }
      }),
  }
}

/**
 * An optional contact, while another one is verified that codes are sent to and something remains to sign in by:
 * nobody locks themselves out.
 */
function isRemovable(account: Account, { contacts, otp, identifiers }: UserType, channel: Channel): boolean {
  const name = NAMES[channel]
  const other = channel === 'sms' ? 'email' : 'sms'
  if (account[name] === null || contacts[name] !== 'optional') return false
  if (!otp.channels.includes(other) || reachableBy(account, other) === null) return false
  const left = { ...account, [name]: null }
  return identifiers.some((kind) => {
    if (kind === 'email') return reachableBy(left, 'email') !== null
    if (kind === 'phone') return reachableBy(left, 'sms') !== null
    return left[kind] !== null
  })
}
