import type { Origin } from '../../domain/audit/index.ts'
import { type ApproveOutcome, type ApproveParts, createApprove } from './approve.ts'
import type { ChangeOutcome } from './change-account.ts'
import { createDisable } from './disable.ts'
import { createInvite, type InviteOutcome, type InviteParts } from './invite.ts'
import type { InvitationTyped } from './read-invitation.ts'
import { createReject, type RejectOutcome } from './reject.ts'
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
}

export type AdministrationParts = ApproveParts & UnlockParts & InviteParts

export function createAdministration(parts: AdministrationParts): Administration {
  return {
    approve: createApprove(parts),
    reject: createReject(parts),
    ...createDisable(parts),
    unlock: createUnlock(parts),
    invite: createInvite(parts),
  }
}
