import type { Audit, AuditEvent, Origin } from '../../domain/audit/index.ts'
import {
  type AffectedClaim,
  consequenceOf,
  type EmployeeRecord,
  type EmployeeStore,
  type ImportPlan,
  type ImportSummary,
  type StagedProblem,
} from '../../domain/employees/index.ts'
import type { Raise } from '../../domain/revocations/index.ts'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import { Unavailable } from '../../lib/errors.ts'
import { newId, type Random } from '../../lib/ids.ts'
import { type RowProblem, readEmployeeRows } from './employee-rows.ts'

/** `into-empty`: only into a register that holds nothing yet. */
export type ImportMode = 'publish' | 'dry-run' | 'into-empty'

export type ImportResult =
  | {
      readonly kind: 'published' | 'dry-run'
      readonly rows: number
      readonly summary: ImportSummary
      /** Accounts whose access tokens die by it. */
      readonly affected: readonly AffectedClaim[]
    }
  | {
      readonly kind: 'refused'
      readonly rows: number
      /** The first of them, by row. */
      readonly problems: readonly RowProblem[]
      readonly problemCount: number
    }
  | { readonly kind: 'not-empty' }
  /** The register is not kept here. */
  | { readonly kind: 'elsewhere' }

export interface ImportEmployeesParts {
  readonly store: EmployeeStore
  /** False where an organisation's own service is the register. */
  readonly isBuiltIn: boolean
  readonly audit: Audit
  readonly phoneRegion: string | null
  readonly clock: Clock
  readonly random: Random
}

/** Takes records over from CSV: all rows or none. `by` says who does it, and where. */
export type ImportEmployees = (
  source: AsyncIterable<Uint8Array>,
  mode: ImportMode,
  by: Origin,
) => Promise<ImportResult>

/** Small, so that nobody who signs in meanwhile waits for it, and few rows are alive whenever memory is collected. */
const ROWS_AT_ONCE = 200
const MOST_PROBLEMS = 100
/** Rows that were laid aside and never taken over are tidied away then. */
const STAGED_SECONDS = 3600
/** Whoever signs up, or changes a record, between plan and publishing makes the plan anew. */
const MOST_TRIES = 5

export function createImportEmployees(parts: ImportEmployeesParts): ImportEmployees {
  const { store, isBuiltIn, audit, phoneRegion, clock, random } = parts

  return async (source, mode, by) => {
    if (!isBuiltIn) return { kind: 'elsewhere' }
    const importId = newId('imp', random)
    try {
      const { rows, problems, problemCount } = await stageAll(importId, source)
      if (problemCount === 0) return await takeOver(importId, rows, mode, by)
      if (mode !== 'dry-run') {
        const details = { rows, problems: problemCount }
        await audit.record({
          ...by,
          event: 'employee.import-refused',
          outcome: 'failure',
          reason: 'rows',
          details,
        })
      }
      return { kind: 'refused', rows, problems: problems.toSorted((a, b) => a.row - b.row), problemCount }
    } finally {
      // Whatever this leaves behind is tidied away; it must not hide what went wrong before.
      await discardAll(importId).catch(() => {})
    }
  }

  async function stageAll(importId: string, source: AsyncIterable<Uint8Array>) {
    const expiresAt = addSeconds(clock.now(), STAGED_SECONDS)
    const problems: RowProblem[] = []
    let rows = 0
    let problemCount = 0
    let waiting: { row: number; record: EmployeeRecord }[] = []

    const note = (found: readonly RowProblem[]) => {
      problemCount += found.length
      problems.push(...found.slice(0, MOST_PROBLEMS - problems.length))
    }
    async function stage(): Promise<void> {
      if (waiting.length > 0) note((await store.stage(importId, waiting, expiresAt)).map(sayStaged))
      waiting = []
    }

    for await (const one of readEmployeeRows(source, phoneRegion)) {
      rows += 1
      if (one.ok) waiting.push({ row: one.row, record: one.record })
      else note(one.problems)
      // After a bad row the others are staged all the same, so that one report names every problem.
      if (waiting.length === ROWS_AT_ONCE) await stage()
    }
    await stage()
    return { rows, problems, problemCount }
  }

  async function discardAll(importId: string): Promise<void> {
    let discarded = ROWS_AT_ONCE
    while (discarded === ROWS_AT_ONCE) discarded = await store.discard(importId, ROWS_AT_ONCE)
  }

  async function takeOver(
    importId: string,
    rows: number,
    mode: ImportMode,
    by: Origin,
  ): Promise<ImportResult> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const plan = await store.plan(importId)
      const { summary, affected } = plan
      if (summary.added + summary.changed + summary.same !== rows) {
        throw new Unavailable('employee import: it took too long, and its rows were tidied away')
      }
      if (mode === 'dry-run') return { kind: 'dry-run', rows, ...plan }
      if (mode === 'into-empty' && summary.added !== rows) return { kind: 'not-empty' }
      const write = await writeOf(plan, mode, by)
      if (await store.publish(importId, plan, write)) return { kind: 'published', rows, summary, affected }
    }
    throw new Unavailable('employee import: the register is being changed')
  }

  async function writeOf({ summary, affected }: ImportPlan, mode: ImportMode, by: Origin) {
    const event: AuditEvent = {
      ...by,
      event: mode === 'into-empty' ? 'employee.sample-loaded' : 'employee.imported',
      outcome: 'success',
      details: { ...summary, affected: affected.length },
    }
    const audits = [await audit.entry(event)]
    const raises: Raise[] = []
    for (const claim of affected) {
      const consequence = consequenceOf(claim)
      audits.push(await audit.entry({ ...by, ...consequence.event }))
      raises.push(consequence.raise)
    }
    return { audit: audits, raises, at: clock.now() }
  }
}

function sayStaged({ row, problem }: StagedProblem): RowProblem {
  const message =
    problem === 'twice'
      ? 'is the id of an earlier row; write each once'
      : 'is the user id of an account; give the employee another id, or the account another user id'
  return { row, column: 'employeeId', problem, message }
}
