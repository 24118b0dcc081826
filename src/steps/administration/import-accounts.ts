import type {
  AccountFields,
  AccountStore,
  Accounts,
  ClaimWrite,
  Identifier,
} from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Employees } from '../../domain/employees/index.ts'
import type { OldPasswords } from '../../domain/passwords/index.ts'
import type { UserTypeStore } from '../../domain/user-types/index.ts'
import type { Clock } from '../../lib/clock.ts'
import { DuplicateKey } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import type { ApprovalRefusal } from './approve.ts'
import { type ReadRow, type RowProblem, readImportedRow } from './read-imported-row.ts'

/** A row as it was read from the file; `value` has the keys of interface.md, whatever the file's format. */
export type ImportedRow =
  | { readonly row: number; readonly value: unknown }
  | { readonly row: number; readonly problem: string }

export type RowReport =
  | { readonly row: number; readonly outcome: 'imported'; readonly hasDearHash: boolean }
  /** An earlier import took it over: the account has all of its identifiers, and the same type. */
  | { readonly row: number; readonly outcome: 'there'; readonly accountId: string }
  | { readonly row: number; readonly outcome: 'bad'; readonly problems: readonly RowProblem[] }

export interface ImportOptions {
  /** Of rows that name no user type. */
  readonly userType: string | null
  /** Only looks, and reports what would be. */
  readonly dryRun: boolean
}

export interface ImportAccountsParts {
  readonly accounts: Accounts
  readonly accountFields: AccountFields
  readonly accountStore: AccountStore
  readonly userTypes: UserTypeStore
  readonly employees: Pick<Employees, 'check' | 'isEmployeeId'>
  readonly oldPasswords: OldPasswords
  readonly audit: Audit
  readonly phoneRegion: string | null
  readonly clock: Clock
}

export type ImportAccounts = (
  rows: AsyncIterable<ImportedRow>,
  options: ImportOptions,
  origin: Origin,
) => AsyncGenerator<RowReport>

/** So many rows are written at a time, and share the transactions of the store. */
const ROWS_AT_ONCE = 256

/**
 * Takes over the accounts of an older system, each good row in a write of its own with its claim and its record.
 * Reports every row in the order of the file. May be run again: what is there already is left as it is.
 */
export function createImportAccounts(parts: ImportAccountsParts): ImportAccounts {
  const { accounts, accountStore, accountFields, userTypes, employees, audit } = parts

  /** An identifier of a row, and the column that it comes from. */
  function namedIdentifiersOf({ account, userType, fields }: ReadRow) {
    const ofFields = userType.fields.flatMap(({ name }) => {
      const value = Object.hasOwn(fields, name) ? fields[name] : undefined
      const own = value === undefined ? [] : accountFields.identifiersOf(userType, { [name]: value })
      return own.map((identifier) => ({ column: `field.${name}`, identifier }))
    })
    const builtIn = accounts
      .identifiersOf(account, userType)
      .filter(({ space }) => space !== 'field')
      .map((identifier) => ({ column: columnOf(identifier, account.userId), identifier }))
    return [...builtIn, ...ofFields]
  }

  /** Who has what this row asks for: nobody, the very account, or others. */
  async function lookUp(read: ReadRow, row: number): Promise<RowReport | null> {
    const named = namedIdentifiersOf(read)
    const owners = await Promise.all(named.map(({ identifier }) => accountStore.findByIdentifier(identifier)))
    const [first] = owners
    if (first && first.userType === read.userType.id && owners.every((owner) => owner?.id === first.id))
      return { row, outcome: 'there', accountId: first.id }
    const taken = named.filter((_, index) => owners[index] !== null)
    return taken.length === 0
      ? null
      : bad(
          row,
          taken.map(({ column }) => ({ column, problem: TAKEN })),
        )
  }

  async function askRegister({
    account,
    userType,
    fields,
  }: ReadRow): Promise<ClaimWrite | null | RowProblem> {
    const { userId, employeeId } = account
    if (userId !== null && (await employees.isEmployeeId(userId)) !== 'no')
      return {
        column: 'userId',
        problem: 'is an employee ID, or the register cannot be asked; write another',
      }
    if (userType.employee === null || employeeId === null) return null
    const answer = await employees.check({ userType, employeeId, fields, verified: 'by-administrator' })
    if (answer.kind === 'confirmed') return answer.claim
    const reason = answer.kind === 'refused' ? answer.reason : answer.kind
    return { column: 'employeeId', problem: REGISTER_PROBLEMS[reason] }
  }

  async function takeOver(read: ReadRow, row: number, dryRun: boolean, origin: Origin): Promise<RowReport> {
    const found = await lookUp(read, row)
    if (found) return found
    const claim = await askRegister(read)
    if (claim !== null && 'problem' in claim) return bad(row, [claim])
    const { account, userType, hasDearHash } = read
    if (dryRun) return { row, outcome: 'imported', hasDearHash }
    const entry = await audit.entry({
      ...origin,
      event: 'account.imported',
      outcome: 'success',
      subject: { kind: 'account', id: account.id },
      details: { row, userType: userType.id },
    })
    const write = { audit: [entry], ...(claim !== null && { claim }) }
    const result = await accounts.open(account, userType, write).catch(async (error: unknown) => {
      if (error instanceof DuplicateKey) return (await lookUp(read, row)) ?? bad(row, [LOST])
      throw error
    })
    if (result === 'inserted') return { row, outcome: 'imported', hasDearHash }
    if (result === 'not-claimable')
      return bad(row, [{ column: 'employeeId', problem: REGISTER_PROBLEMS.claimed }])
    return result
  }

  return async function* importAccounts(rows, { userType, dryRun }, origin) {
    const types = new Map((await userTypes.list()).map((stored) => [stored.type.id, stored]))
    const { oldPasswords, phoneRegion, clock } = parts
    const rules = { userTypes: types, userType, accounts, oldPasswords, phoneRegion, now: clock.now() }
    const seen = createSeen()

    async function report(one: ImportedRow): Promise<RowReport> {
      const { row } = one
      if ('problem' in one) return bad(row, [{ column: null, problem: one.problem }])
      const read = readImportedRow(one.value, rules)
      if (!read.ok) return bad(row, read.problems)
      const twice = namedIdentifiersOf(read).flatMap(({ column, identifier }) => {
        const before = seen.firstRow(identifier, row)
        return before === row ? [] : [{ column, problem: `stands in row ${before} already; write it once` }]
      })
      return twice.length > 0 ? bad(row, twice) : takeOver(read, row, dryRun, origin)
    }

    for await (const some of inGroups(rows)) yield* await Promise.all(some.map(report))
  }
}

async function* inGroups(rows: AsyncIterable<ImportedRow>): AsyncGenerator<ImportedRow[]> {
  let group: ImportedRow[] = []
  for await (const row of rows) {
    group.push(row)
    if (group.length < ROWS_AT_ONCE) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

/**
 * Which row of the file an identifier stood in first. A file may be long, so 53 bits of a digest stand for each: of a
 * million identifiers two fall together by chance in one of 18 000 files, and the later row is reported.
 */
function createSeen() {
  const rows = new Map<number, number>()
  return {
    firstRow({ space, value }: Identifier, row: number): number {
      const digest = sha256(`${space}/${value}`)
      const key = digest.readUIntBE(0, 6) * 32 + (digest.readUInt8(6) % 32)
      const before = rows.get(key)
      if (before === undefined) rows.set(key, row)
      return before ?? row
    },
  }
}

function bad(row: number, problems: readonly RowProblem[]): RowReport {
  return { row, outcome: 'bad', problems }
}

function columnOf({ space, value }: Identifier, userId: string | null): string {
  if (space !== 'name') return space
  return value === userId ? 'userId' : 'employeeId'
}

const TAKEN = 'another account has it already; write another, or leave the row out'
const LOST: RowProblem = { column: null, problem: 'was taken while it was read; run the import again' }

const REGISTER_PROBLEMS: Readonly<
  Record<Exclude<ApprovalRefusal, 'no-employee-id' | 'taken'> | 'needs-approval' | 'unavailable', string>
> = {
  'no-record': 'is not in the register of employees; import the register first',
  'not-active': 'its record in the register is not active',
  role: 'its role in the register does not fit the type',
  'no-match': 'the register says something else of this employee; check the fields that it is compared by',
  contact: 'its record has another contact',
  claimed: 'another account has claimed it',
  'needs-approval': 'its record has no contact',
  unavailable: 'the register of employees cannot be asked now; run the import again',
}
