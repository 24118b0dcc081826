import type { Account, AccountStore, Accounts, InvitationLinks } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Messages } from '../../domain/delivery/index.ts'
import type { UserTypeStore } from '../../domain/user-types/index.ts'
import {
  type InvitationProblem,
  type InvitationRules,
  type InvitationTyped,
  readInvitation,
} from './read-invitation.ts'

export type InviteOutcome =
  | {
      readonly kind: 'invited'
      readonly account: Account
      readonly channel: 'sms' | 'email'
      readonly destination: string
      readonly worksUntil: Date
    }
  | { readonly kind: 'refused'; readonly problems: readonly InvitationProblem[] }

export interface InviteParts extends InvitationRules {
  readonly accounts: Accounts
  readonly accountStore: AccountStore
  readonly invitationLinks: InvitationLinks
  readonly userTypes: UserTypeStore
  readonly messages: Messages
  readonly audit: Audit
  readonly issuer: string
  readonly language: string
  readonly wake: () => void
}

/**
 * Prepares an account and sends its owner-to-be a link. Account, link, message and record are one write. The link
 * goes to the contact alone: following it proves the contact, so nobody else may see it.
 */
export function createInvite(parts: InviteParts) {
  const { accounts, accountStore, invitationLinks, userTypes, messages, audit, issuer, wake } = parts
  return async (typed: InvitationTyped, origin: Origin): Promise<InviteOutcome> => {
    const stored = await userTypes.find(typed.userType)
    if (!stored) return { kind: 'refused', problems: [{ field: 'userType', problem: 'unknown' }] }
    const read = readInvitation(typed, stored.type, parts)
    if (!read.ok) return { kind: 'refused', problems: read.problems }
    const { contact, employeeId, fields, roles } = read
    if (await accounts.isTaken([{ space: contact.kind, value: contact.value }]))
      return { kind: 'refused', problems: [{ field: contact.kind, problem: 'taken' }] }

    const unverified = { value: contact.value, verifiedAt: null }
    const account = accounts.draft({
      userType: stored.type,
      userTypeVersion: stored.version,
      status: 'invited',
      email: contact.kind === 'email' ? unverified : null,
      phone: contact.kind === 'phone' ? unverified : null,
      employeeId,
      fields,
      roles,
      passwordHash: null,
      adminRole: null,
    })
    const { secret, link } = invitationLinks.draft(account.id)
    const channel = contact.kind === 'phone' ? 'sms' : 'email'
    const message = messages.compose({
      channel,
      to: contact.value,
      template: 'invitation',
      language: parts.language,
      userType: account.userType,
      model: {
        url: `${issuer}/invitation?token=${secret}`,
        worksUntil: link.expiresAt.toISOString(),
      },
      expiresAt: link.expiresAt,
      challengeId: null,
    })
    const entry = await audit.entry({
      ...origin,
      event: 'account.invited',
      outcome: 'success',
      subject: { kind: 'account', id: account.id },
      factor: channel,
      details: { userType: account.userType, roles },
    })
    await accountStore.insertInvited(account, link, { audit: [entry], messages: [message] })
    wake()
    return { kind: 'invited', account, channel, destination: contact.value, worksUntil: link.expiresAt }
  }
}
