import type { Invited } from '../domain/accounts/index.ts'
import type { Origin } from '../domain/audit/index.ts'
import {
  createOpener,
  type OpenAccountParts,
  type OpenAccountResult,
  type Opening,
  type ProvedPerson,
} from './open-account.ts'

/** `link-dead`: somebody was faster with the same link, or the invitation was withdrawn. */
export type AcceptInvitationResult = OpenAccountResult | { readonly kind: 'link-dead' }

export type AcceptInvitation = (
  person: Omit<ProvedPerson, 'accountId' | 'verified'>,
  invited: Invited,
  origin: Origin,
) => Promise<AcceptInvitationResult>

const LINK_DEAD = { kind: 'link-dead' } as const

/**
 * Makes the prepared account the person's own. Whoever followed the link reads the contact it was sent to, so that
 * contact is verified; an administrator invited them, so nobody has to approve of them again.
 */
export function createAcceptInvitation(parts: OpenAccountParts): AcceptInvitation {
  const { accounts } = parts
  const open = createOpener(parts)
  return (person, invited, origin) => {
    const { account } = invited
    const opening: Opening<typeof LINK_DEAD> = {
      events: { opened: 'invitation.accepted', refused: 'invitation.refused' },
      prepared: { roles: account.roles },
      needsApproval: () => false,
      async store(next, userType, write) {
        const result = await accounts.openInvited(next, userType, invited, write)
        return result === 'link-dead' ? LINK_DEAD : result
      },
      // An account that is there says nothing: it was there before.
      findDone: async () => null,
    }
    return open({ ...person, accountId: account.id, verified: invitedContact(invited) }, opening, origin)
  }
}

/** The contact that an invitation went to: until it is accepted its account has no other. */
export function invitedContact({ account: { id, email, phone } }: Pick<Invited, 'account'>) {
  if (email) return { channel: 'email', destination: email.value } as const
  if (phone) return { channel: 'sms', destination: phone.value } as const
  throw new Error(`The invited account ${id} has no contact.`)
}
