import type { Origin } from '../../domain/audit/index.ts'
import { type ApproveOutcome, type ApproveParts, createApprove } from './approve.ts'
import type { ChangeOutcome } from './change-account.ts'
import { type ClientOperations, type ClientOperationsParts, createClientOperations } from './clients.ts'
import { createDeleteAccount, type DeleteOutcome } from './delete-account.ts'
import { createDisable } from './disable.ts'
import { createEndSignIns } from './end-sign-ins.ts'
import { createInvite, type InviteOutcome, type InviteParts } from './invite.ts'
import type { InvitationTyped } from './read-invitation.ts'
import { createReject, type RejectOutcome } from './reject.ts'
import { createRevoke, type Revoke, type RevokeParts } from './revoke.ts'
import { createSetRoles, type SetRolesOutcome } from './set-roles.ts'
import { createUnlock, type UnlockParts } from './unlock.ts'

/**
 * What an administrator does to accounts; the management API and the operator's commands call the same functions.
 * `origin` says who acts: whether they may is for the caller to know.
 */
export interface Administration {
  approve(accountId: string, origin: Origin): Promise<ApproveOutcome>
  reject(accountId: string, origin: Origin): Promise<RejectOutcome>
  disable(accountId: string, origin: Origin): Promise<ChangeOutcome>
  enable(accountId: string, origin: Origin): Promise<ChangeOutcome>
  unlock(accountId: string, origin: Origin): Promise<ChangeOutcome>
  invite(typed: InvitationTyped, origin: Origin): Promise<InviteOutcome>
  /** `from`: the version of the account that was seen. */
  setRoles(
    accountId: string,
    roles: readonly string[],
    from: number,
    origin: Origin,
  ): Promise<SetRolesOutcome>
  /** Of the account; it may sign in again. */
  endSignIns(accountId: string, origin: Origin): Promise<ChangeOutcome>
  /** For good. */
  deleteAccount(accountId: string, origin: Origin): Promise<DeleteOutcome>
  readonly clients: ClientOperations
  readonly revoke: Revoke
}

export type AdministrationParts = ApproveParts &
  UnlockParts &
  InviteParts &
  ClientOperationsParts &
  Omit<RevokeParts, 'endSignIns'>

export function createAdministration(parts: AdministrationParts): Administration {
  const endSignIns = createEndSignIns(parts)
  return {
    approve: createApprove(parts),
    reject: createReject(parts),
    ...createDisable(parts),
    unlock: createUnlock(parts),
    invite: createInvite(parts),
    setRoles: createSetRoles(parts),
    endSignIns,
    deleteAccount: createDeleteAccount(parts),
    clients: createClientOperations(parts),
    revoke: createRevoke({ ...parts, endSignIns }),
  }
}
