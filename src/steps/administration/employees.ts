import { isDeepStrictEqual } from 'node:util'
import type { Audit, AuditEvent, Origin } from '../../domain/audit/index.ts'
import {
  consequenceOf,
  type EmployeeRecord,
  type EmployeeStore,
  type RecordProblem,
  type RecordTexts,
  readRecord,
  type StoredEmployee,
} from '../../domain/employees/index.ts'
import { canonicalName } from '../../lib/canonical.ts'
import type { Clock } from '../../lib/clock.ts'
import { DuplicateKey, Unavailable } from '../../lib/errors.ts'

type Refused =
  | { readonly kind: 'invalid'; readonly problems: readonly RecordProblem[] }
  /** The register is not kept here. */
  | { readonly kind: 'elsewhere' }

export type AddEmployeeResult =
  | { readonly kind: 'added'; readonly record: EmployeeRecord }
  /** The id is there already, or is somebody's user id. */
  | { readonly kind: 'taken' }
  | Refused

export type ChangeEmployeeResult =
  | { readonly kind: 'changed' | 'same'; readonly record: StoredEmployee }
  | { readonly kind: 'absent' }
  /** It is not in the version any more that whoever changes it has seen. */
  | { readonly kind: 'stale' }
  | Refused

/** What of a record is to be another; what is left out stays. `attributes` replaces all further columns. */
export interface EmployeeChange extends Partial<Omit<RecordTexts, 'employeeId'>> {
  /** The version that was seen; null: whichever there is. */
  readonly version: number | null
}

/** What may be done to the register, record by record. `by` says who does it, and where. */
export interface EmployeeOperations {
  add(texts: RecordTexts, by: Origin): Promise<AddEmployeeResult>
  change(employeeId: string, change: EmployeeChange, by: Origin): Promise<ChangeEmployeeResult>
  /** Takes the employee id from the account that has claimed it, so that somebody else can. */
  release(employeeId: string, by: Origin): Promise<'released' | 'not-claimed'>
}

export interface EmployeeOperationsParts {
  readonly store: EmployeeStore
  /** False where an organisation's own service is the register. */
  readonly isBuiltIn: boolean
  readonly audit: Pick<Audit, 'entry'>
  readonly phoneRegion: string | null
  readonly clock: Clock
}

/** A record and its claim are read, then written while both are as they were: somebody else may come in between. */
const MOST_TRIES = 5

export function createEmployeeOperations(parts: EmployeeOperationsParts): EmployeeOperations {
  const { store, isBuiltIn, audit, phoneRegion, clock } = parts

  return {
    async add(texts, by) {
      if (!isBuiltIn) return { kind: 'elsewhere' }
      const read = readRecord(texts, phoneRegion)
      if (!read.ok) return { kind: 'invalid', problems: read.problems }
      const { record } = read
      const { role, status } = record
      const entry = await audit.entry(eventOn(record, by, 'employee.added', { role, status }))
      try {
        await store.insert(record, { audit: [entry], raises: [], at: clock.now() })
        return { kind: 'added', record }
      } catch (error) {
        if (error instanceof DuplicateKey) return { kind: 'taken' }
        throw error
      }
    },

    async change(employeeId, change, by) {
      if (!isBuiltIn) return { kind: 'elsewhere' }
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const before = await findRecord(employeeId)
        if (before === null) return { kind: 'absent' }
        if (change.version !== null && change.version !== before.version) return { kind: 'stale' }
        const read = readRecord(textsOf(before, change), phoneRegion)
        if (!read.ok) return { kind: 'invalid', problems: read.problems }
        const changed = changedColumns(before, read.record)
        if (changed.length === 0) return { kind: 'same', record: before }
        const record = await replace(before, read.record, changed, by)
        if (record !== null) return { kind: 'changed', record }
      }
      throw new Unavailable('employee register: the record is being changed')
    },

    async release(employeeId, by) {
      const id = canonicalName(employeeId)
      const claim = id === null ? null : await store.findClaim(id)
      if (claim === null) return 'not-claimed'
      const { accountId } = claim
      const { raise } = consequenceOf({ ...claim, before: claim, after: claim })
      const entry = await audit.entry({
        ...by,
        event: 'employee.claim-released',
        outcome: 'success',
        subject: { kind: 'account', id: accountId },
        details: { employeeId: claim.employeeId },
      })
      const write = { audit: [entry], raises: [raise], at: clock.now() }
      return (await store.releaseClaim(claim.employeeId, accountId, write)) ? 'released' : 'not-claimed'
    },
  }

  async function findRecord(employeeId: string): Promise<StoredEmployee | null> {
    const id = canonicalName(employeeId)
    return id === null ? null : store.find(id)
  }

  /** The record in its new version; null when it, or its claim, was another by then. */
  async function replace(
    before: StoredEmployee,
    next: EmployeeRecord,
    changed: readonly string[],
    by: Origin,
  ): Promise<StoredEmployee | null> {
    const { employeeId, version } = before
    const claim = await store.findClaim(employeeId)
    const claimedBy = claim?.accountId ?? null
    const movesOffice = changed.includes('role') || changed.includes('status')
    const consequence =
      claimedBy !== null && movesOffice
        ? consequenceOf({ accountId: claimedBy, employeeId, before, after: next })
        : null
    const { role, status } = next
    const events = [
      eventOn(next, by, 'employee.changed', { changed: [...changed], role, status }),
      ...(consequence ? [{ ...by, ...consequence.event }] : []),
    ]
    const at = clock.now()
    const write = {
      audit: await Promise.all(events.map((event) => audit.entry(event))),
      raises: consequence ? [consequence.raise] : [],
      at,
    }
    const isReplaced = await store.replace(next, { version, claimedBy }, write)
    return isReplaced ? { ...next, version: version + 1, changedAt: at } : null
  }
}

function textsOf(before: EmployeeRecord, { version: _version, ...change }: EmployeeChange): RecordTexts {
  return {
    employeeId: before.shownId,
    role: before.role,
    status: before.status,
    fullName: before.fullName ?? '',
    email: before.email ?? '',
    phone: before.phone ?? '',
    attributes: before.attributes,
    ...change,
  }
}

function changedColumns(before: EmployeeRecord, next: EmployeeRecord): string[] {
  const columns = ['role', 'status', 'fullName', 'email', 'phone', 'attributes'] as const
  return columns.filter((name) => !isDeepStrictEqual(before[name], next[name]))
}

function eventOn(
  { employeeId }: EmployeeRecord,
  by: Origin,
  event: 'employee.added' | 'employee.changed',
  details: NonNullable<AuditEvent['details']>,
): AuditEvent {
  return { ...by, event, outcome: 'success', subject: { kind: 'employee', id: employeeId }, details }
}
