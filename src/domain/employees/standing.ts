import { addSeconds, type Clock } from '../../lib/clock.ts'
import type { Account } from '../accounts/index.ts'
import type { Audit, Origin } from '../audit/index.ts'
import { consequenceOf } from './consequences.ts'
import type { EmployeeClaim, Office } from './employee.ts'
import type { EmployeeStore } from './employee-store.ts'
import type { Register } from './register.ts'

/** What the register says now of the employee that an account has claimed. */
export type Standing =
  | ({ readonly kind: 'claimed'; readonly employeeId: string } & Office)
  /** The account has claimed nobody. */
  | { readonly kind: 'none' }
  /** The last answer is too old and the register cannot be asked: nothing may be granted on it. */
  | { readonly kind: 'unavailable' }

export interface StandingParts {
  readonly store: Pick<EmployeeStore, 'findClaimOf' | 'findHeld' | 'noteCheck'>
  readonly register: Register
  readonly audit: Pick<Audit, 'entry'>
  /** Of records that no request caused. */
  readonly origin: () => Origin
  /** So long an answer of a register that is not live is good. */
  readonly maxAgeSeconds: number
  readonly clock: Clock
}

export type StandingOf = (account: Pick<Account, 'id'>) => Promise<Standing>

export function createStandingOf(parts: StandingParts): StandingOf {
  const { store, register, clock, maxAgeSeconds } = parts
  return async ({ id }) => {
    if (register.isLive) {
      const held = await store.findHeld(id)
      return held ? claimed({ ...held.claim, ...(held.record ?? { status: 'absent' }) }) : { kind: 'none' }
    }
    const claim = await store.findClaimOf(id)
    if (claim === null) return { kind: 'none' }
    const now = clock.now()
    // A note of the future is no fresh one: a clock was put back.
    const isFresh = claim.checkedAt <= now && now < addSeconds(claim.checkedAt, maxAgeSeconds)
    return isFresh ? claimed(claim) : askAnew(claim, now)
  }

  async function askAnew(claim: EmployeeClaim, now: Date): Promise<Standing> {
    const answer = await register.find(claim.employeeId)
    if (answer.kind === 'unavailable') return { kind: 'unavailable' }
    const office: Office =
      answer.kind === 'found'
        ? { role: answer.record.role, status: answer.record.status }
        : { role: claim.role, status: 'absent' }
    // When it was asked, not when it answered: what changes in between is not in the answer.
    const next = { ...claim, ...office, checkedAt: now }
    if (await store.noteCheck(next, claim.checkedAt, await consequencesOf(claim, office)))
      return claimed(next)
    // Somebody else asked meanwhile and noted what was said, or the claim is gone.
    const noted = await store.findClaimOf(claim.accountId)
    return noted ? claimed(noted) : { kind: 'none' }
  }

  async function consequencesOf(claim: EmployeeClaim, after: Office) {
    if (claim.role === after.role && claim.status === after.status) return { audit: [], raises: [] }
    const { event, raise } = consequenceOf({ ...claim, before: claim, after })
    return { audit: [await parts.audit.entry({ ...parts.origin(), ...event })], raises: [raise] }
  }
}

function claimed({ employeeId, role, status }: EmployeeClaim): Standing {
  return { kind: 'claimed', employeeId, role, status }
}
