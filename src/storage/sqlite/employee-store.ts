import type {
  AffectedClaim,
  EmployeeClaim,
  EmployeeRecord,
  EmployeeStore,
  EmployeeWrite,
  HeldEmployee,
  ImportPlan,
  ImportSummary,
  StagedProblem,
  StoredEmployee,
} from '../../domain/employees/index.ts'
import { DuplicateKey } from '../../lib/errors.ts'
import type { Companions } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const RECORD = [
  'employeeId',
  'shownId',
  'role',
  'status',
  'fullName',
  'email',
  'phone',
  'attributes',
] as const
const EMPLOYEE = fields(...RECORD, 'version', 'changedAt')
const STAGED = fields('importId', ...RECORD, 'expiresAt')
const CLAIM = fields('employeeId', 'accountId', 'claimedAt', 'role', 'status', 'checkedAt')

type FlatEmployee = Omit<StoredEmployee, 'attributes'> & { readonly attributes: string }

export function createEmployeeStore(database: Database, companions: Companions): EmployeeStore {
  const sql = prepareStatements(database)

  function isUserId(employeeId: string): boolean {
    const holder = sql.findName.get({ value: employeeId })
    return holder !== null && holder.isUserId === 1
  }

  /** The same text from the same attributes: rows are compared by it. */
  function flatten(record: EmployeeRecord) {
    const sorted = Object.entries(record.attributes).sort(([a], [b]) => (a < b ? -1 : 1))
    return { ...record, attributes: JSON.stringify(Object.fromEntries(sorted)) }
  }

  function accompany({ raises, audit, at }: EmployeeWrite): void {
    companions.raise(raises, at)
    companions.appendAudit(audit)
  }

  function stageRow(
    importId: string,
    { row, record }: { readonly row: number; readonly record: EmployeeRecord },
    expiresAt: Date,
  ): StagedProblem[] {
    const { employeeId } = record
    if (isUserId(employeeId)) return [{ row, employeeId, problem: 'user-id' }]
    const staged = sql.stage.run({ ...flatten(record), importId, expiresAt })
    return staged === 1 ? [] : [{ row, employeeId, problem: 'twice' }]
  }

  function summarize(importId: string): ImportSummary {
    const { rows, added, changed } = sql.summarize.get({ importId }) ?? { rows: 0, added: 0, changed: 0 }
    return { added, changed, same: rows - added - changed }
  }

  /** Row by row, since nobody else writes meanwhile: a second plan of as many accounts would take longer to make. */
  function isStillSo(importId: string, { summary, affected }: ImportPlan): boolean {
    const { added, changed, same } = summarize(importId)
    if (added !== summary.added || changed !== summary.changed || same !== summary.same) return false
    let place = 0
    for (const row of sql.listAffected.iterate({ importId })) {
      if (!isSameClaim(row, affected[place])) return false
      place += 1
    }
    return place === affected.length
  }

  return {
    find: (employeeId) => database.read(() => toEmployee(sql.find.get({ employeeId }))),
    list: (after, limit) =>
      database.read(() => sql.list.all({ after: after ?? '', limit }).map((row) => toEmployee(row))),
    findClaim: (employeeId) => database.read(() => toClaim(sql.findClaim.get({ employeeId }))),
    findClaimOf: (accountId) => database.read(() => toClaim(sql.findClaimOf.get({ accountId }))),
    findHeld: (accountId) => database.read(() => toHeld(sql.findHeld.get({ accountId }))),

    insert: (record, write) =>
      database.write(() => {
        if (isUserId(record.employeeId)) throw new DuplicateKey('employee id')
        sql.insert.run({ ...flatten(record), version: 1, changedAt: write.at })
        accompany(write)
      }),
    replace: (next, { version, claimedBy }, write) =>
      database.write(() => {
        const { employeeId, role, status } = next
        if (sql.find.get({ employeeId })?.version !== version) return false
        if ((sql.findClaim.get({ employeeId })?.accountId ?? null) !== claimedBy) return false
        sql.update.run({ ...flatten(next), version: version + 1, changedAt: write.at })
        sql.noteOnClaim.run({ employeeId, role, status, checkedAt: write.at })
        accompany(write)
        return true
      }),
    noteCheck: ({ employeeId, accountId, role, status, checkedAt }, from, write) =>
      database.write(() => {
        if (sql.noteCheck.run({ employeeId, accountId, role, status, checkedAt, from }) === 0) return false
        accompany({ ...write, at: checkedAt })
        return true
      }),
    releaseClaim: (employeeId, accountId, write) =>
      database.write(() => {
        if (sql.removeClaim.run({ employeeId, accountId }) === 0) return false
        sql.removeName.run({ employeeId, accountId })
        sql.takeEmployeeId.run({ employeeId, accountId })
        accompany(write)
        return true
      }),

    stage: (importId, rows, expiresAt) =>
      database.write(() => rows.flatMap((row) => stageRow(importId, row, expiresAt))),
    plan: (importId) =>
      database.read(() => ({
        summary: summarize(importId),
        affected: sql.listAffected.all({ importId }).map(toAffected),
      })),
    publish: (importId, plan, write) =>
      database.write(() => {
        if (!isStillSo(importId, plan)) return false
        if (sql.findStagedUserId.get({ importId }) !== null) return false
        const { at } = write
        sql.noteImportOnClaims.run({ importId, at })
        sql.publish.run({ importId, at })
        accompany(write)
        return true
      }),
    discard: (importId, limit) => database.write(() => sql.discard.run({ importId, limit })),
    tidy: (now, limit) => database.write(() => sql.tidy.run({ now, limit })),
  }
}

/** Whether a staged row says something else than the record of its id. */
const changes = (record: string, staged: string) => `(${contentOf(record)}) IS NOT (${contentOf(staged)})`
const contentOf = (table: string) =>
  ['shown_id', 'role', 'status', 'full_name', 'email', 'phone', 'attributes']
    .map((column) => `${table}.${column}`)
    .join(', ')

interface SummaryRow extends Pick<ImportSummary, 'added' | 'changed'> {
  readonly rows: number
}

interface AffectedRow extends Pick<AffectedClaim, 'accountId' | 'employeeId'> {
  readonly roleBefore: string
  readonly statusBefore: StoredEmployee['status']
  readonly roleAfter: string
  readonly statusAfter: StoredEmployee['status']
}

interface HeldRow extends Row<EmployeeClaim> {
  readonly recordRole: string | null
  readonly recordStatus: StoredEmployee['status'] | null
}

function prepareStatements(database: Database) {
  return {
    find: database.prepare<Row<FlatEmployee>>(
      `SELECT ${EMPLOYEE.selected} FROM employee WHERE employee_id = :employeeId`,
    ),
    list: database.prepare<Row<FlatEmployee>>(
      `SELECT ${EMPLOYEE.selected} FROM employee WHERE employee_id > :after ORDER BY employee_id LIMIT :limit`,
    ),
    findClaim: database.prepare<Row<EmployeeClaim>>(
      `SELECT ${CLAIM.selected} FROM employee_claim WHERE employee_id = :employeeId`,
    ),
    findClaimOf: database.prepare<Row<EmployeeClaim>>(
      `SELECT ${CLAIM.selected} FROM employee_claim WHERE account_id = :accountId`,
    ),
    findHeld: database.prepare<HeldRow>(
      `SELECT c.employee_id AS employeeId, c.account_id AS accountId, c.claimed_at AS claimedAt, c.role AS role,
         c.status AS status, c.checked_at AS checkedAt, e.role AS recordRole, e.status AS recordStatus
       FROM employee_claim AS c LEFT JOIN employee AS e ON e.employee_id = c.employee_id
       WHERE c.account_id = :accountId`,
    ),
    findName: database.prepare<{ isUserId: number }>(
      `SELECT account.user_id IS identifier.value AS isUserId
       FROM identifier JOIN account ON account.id = identifier.account_id
       WHERE identifier.space = 'name' AND identifier.value = :value`,
    ),
    insert: database.prepare(`INSERT INTO employee (${EMPLOYEE.columns}) VALUES (${EMPLOYEE.parameters})`),
    update: database.prepare(
      `UPDATE employee SET (${EMPLOYEE.columns}) = (${EMPLOYEE.parameters}) WHERE employee_id = :employeeId`,
    ),
    noteOnClaim: database.prepare(
      `UPDATE employee_claim SET role = :role, status = :status, checked_at = :checkedAt
       WHERE employee_id = :employeeId`,
    ),
    noteCheck: database.prepare(
      `UPDATE employee_claim SET role = :role, status = :status, checked_at = :checkedAt
       WHERE employee_id = :employeeId AND account_id = :accountId AND checked_at = :from`,
    ),
    removeClaim: database.prepare(
      'DELETE FROM employee_claim WHERE employee_id = :employeeId AND account_id = :accountId',
    ),
    removeName: database.prepare(
      `DELETE FROM identifier WHERE space = 'name' AND value = :employeeId AND account_id = :accountId`,
    ),
    takeEmployeeId: database.prepare(
      `UPDATE account SET employee_id = NULL, version = version + 1
       WHERE id = :accountId AND employee_id = :employeeId`,
    ),
    stage: database.prepare(
      `INSERT INTO staged_employee (${STAGED.columns}) VALUES (${STAGED.parameters})
       ON CONFLICT (import_id, employee_id) DO NOTHING`,
    ),
    summarize: database.prepare<SummaryRow>(
      `SELECT count(*) AS rows, count(*) FILTER (WHERE e.employee_id IS NULL) AS added,
         count(*) FILTER (WHERE e.employee_id IS NOT NULL AND ${changes('e', 's')}) AS changed
       FROM staged_employee AS s LEFT JOIN employee AS e ON e.employee_id = s.employee_id
       WHERE s.import_id = :importId`,
    ),
    listAffected: database.prepare<AffectedRow>(
      `SELECT c.account_id AS accountId, c.employee_id AS employeeId, e.role AS roleBefore,
         e.status AS statusBefore, s.role AS roleAfter, s.status AS statusAfter
       FROM staged_employee AS s
       JOIN employee_claim AS c ON c.employee_id = s.employee_id
       JOIN employee AS e ON e.employee_id = s.employee_id
       WHERE s.import_id = :importId AND (e.role, e.status) <> (s.role, s.status)
       ORDER BY c.account_id`,
    ),
    findStagedUserId: database.prepare(
      `SELECT 1 FROM staged_employee AS s
       JOIN identifier AS i ON i.space = 'name' AND i.value = s.employee_id
       JOIN account AS a ON a.id = i.account_id
       WHERE s.import_id = :importId AND a.user_id IS i.value LIMIT 1`,
    ),
    noteImportOnClaims: database.prepare(
      `UPDATE employee_claim AS c SET role = s.role, status = s.status, checked_at = :at
       FROM staged_employee AS s WHERE s.import_id = :importId AND s.employee_id = c.employee_id`,
    ),
    // Reads nothing of the table it writes: SQLite would first copy all rows aside, while everybody else waits.
    publish: database.prepare(
      `INSERT INTO employee (${EMPLOYEE.columns})
       SELECT s.employee_id, s.shown_id, s.role, s.status, s.full_name, s.email, s.phone, s.attributes, 1, :at
       FROM staged_employee AS s WHERE s.import_id = :importId
       ON CONFLICT (employee_id) DO UPDATE SET shown_id = excluded.shown_id, role = excluded.role,
         status = excluded.status, full_name = excluded.full_name, email = excluded.email,
         phone = excluded.phone, attributes = excluded.attributes, version = employee.version + 1,
         changed_at = excluded.changed_at
       WHERE ${changes('employee', 'excluded')}`,
    ),
    discard: database.prepare(
      `DELETE FROM staged_employee
       WHERE rowid IN (SELECT rowid FROM staged_employee WHERE import_id = :importId LIMIT :limit)`,
    ),
    tidy: database.prepare(
      `DELETE FROM staged_employee
       WHERE rowid IN (SELECT rowid FROM staged_employee WHERE expires_at <= :now LIMIT :limit)`,
    ),
  }
}

function toEmployee(row: Row<FlatEmployee>): StoredEmployee
function toEmployee(row: Row<FlatEmployee> | null): StoredEmployee | null
function toEmployee(row: Row<FlatEmployee> | null): StoredEmployee | null {
  return row && { ...row, attributes: JSON.parse(row.attributes), changedAt: toDate(row.changedAt) }
}

function toClaim(row: Row<EmployeeClaim>): EmployeeClaim
function toClaim(row: Row<EmployeeClaim> | null): EmployeeClaim | null
function toClaim(row: Row<EmployeeClaim> | null): EmployeeClaim | null {
  return row && { ...row, claimedAt: toDate(row.claimedAt), checkedAt: toDate(row.checkedAt) }
}

function toHeld(row: HeldRow | null): HeldEmployee | null {
  if (row === null) return null
  const { recordRole: role, recordStatus: status, ...claim } = row
  return { claim: toClaim(claim), record: role === null || status === null ? null : { role, status } }
}

function isSameClaim(row: AffectedRow, planned: AffectedClaim | undefined): boolean {
  return (
    row.accountId === planned?.accountId &&
    row.employeeId === planned.employeeId &&
    row.roleBefore === planned.before.role &&
    row.statusBefore === planned.before.status &&
    row.roleAfter === planned.after.role &&
    row.statusAfter === planned.after.status
  )
}

function toAffected({ accountId, employeeId, ...row }: AffectedRow): AffectedClaim {
  return {
    accountId,
    employeeId,
    before: { role: row.roleBefore, status: row.statusBefore },
    after: { role: row.roleAfter, status: row.statusAfter },
  }
}
