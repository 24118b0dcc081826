import type { AuditEvent } from '../audit/index.ts'
import type { Raise } from '../revocations/index.ts'
import type { AffectedClaim } from './employee-store.ts'

export interface Consequence {
  readonly event: Pick<AuditEvent, 'event' | 'outcome' | 'reason' | 'subject' | 'details'>
  readonly raise: Raise
}

/**
 * What goes into the write that makes a register say something else of a claimed employee: the account's access
 * tokens die, so that no API goes on with the roles in them. Sessions and refresh tokens are kept (product.md,
 * Revocation): the next token carries what the person may claim then.
 */
export function consequenceOf({ accountId, employeeId, before, after }: AffectedClaim): Consequence {
  return {
    event: {
      event: 'employee.standing-changed',
      outcome: 'success',
      reason: after.status === before.status ? 'role' : after.status,
      subject: { kind: 'account', id: accountId },
      details: {
        employeeId,
        roleBefore: before.role,
        statusBefore: before.status,
        role: after.role,
        status: after.status,
      },
    },
    raise: { owner: { kind: 'account', id: accountId }, signIn: false },
  }
}
