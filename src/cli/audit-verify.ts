import { parseArgs } from 'node:util'
import {
  type AuditStore,
  type ChainHead,
  type ChainProblem,
  formatHead,
  parseHead,
  type VerifyReport,
  verifyRecords,
} from '../domain/audit/index.ts'
import type { Keys } from '../domain/keys/index.ts'
import { assertNever } from '../lib/errors.ts'

export const auditVerifyUsage = `latchkey audit verify [--head SEQUENCE:HASH] [--json]

Checks that no audit record was changed, moved, put in or taken out since it was sealed.

  --head   a head that was kept elsewhere, as the log shows it ("audit head"); only this
           shows that the whole database was put back to an older state
  --json   the report as JSON

Ends with 0 when the chain is whole, 1 when it is damaged, 2 when the command is wrong.`

const WHOLE = 0
const DAMAGED = 1
const WRONG_COMMAND = 2

type Asked =
  | { kind: 'verify'; json: boolean; kept: Pick<ChainHead, 'sequence' | 'hash'> | null }
  | { kind: 'help' }
  | { kind: 'wrong'; what: string }

/** The command `audit verify`; answers the exit code. `out` writes one line. */
export async function auditVerify(
  storage: { readonly audit: AuditStore },
  keys: Pick<Keys, 'dataKeys'>,
  args: readonly string[],
  out: (line: string) => void,
): Promise<number> {
  const asked = readArgs(args)
  if (asked.kind === 'help') {
    out(auditVerifyUsage)
    return WHOLE
  }
  if (asked.kind === 'wrong') {
    out(`${asked.what}\n\n${auditVerifyUsage}`)
    return WRONG_COMMAND
  }
  const report = await verifyRecords({ store: storage.audit, keys: keys.dataKeys('audit'), kept: asked.kept })
  if (asked.json) out(JSON.stringify({ ...report, head: report.head && shown(report.head) }))
  else for (const line of linesOf(report)) out(line)
  return report.ok ? WHOLE : DAMAGED
}

function readArgs(args: readonly string[]): Asked {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { head: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
    })
    if (values.help) return { kind: 'help' }
    const kept = values.head === undefined ? null : parseHead(values.head)
    if (values.head !== undefined && !kept) {
      return { kind: 'wrong', what: `--head must be SEQUENCE:HASH, as in the log, is ${values.head}` }
    }
    return { kind: 'verify', json: values.json ?? false, kept }
  } catch (error) {
    return { kind: 'wrong', what: error instanceof Error ? error.message : String(error) }
  }
}

function shown(head: ChainHead) {
  return { sequence: head.sequence, hash: Buffer.from(head.hash).toString('hex'), sealedAt: head.sealedAt }
}

function linesOf(report: VerifyReport): string[] {
  const { head, problems, problemCount, records, unsealed } = report
  const unnamed = problemCount - problems.length
  return [
    report.ok
      ? `The audit chain is whole. Records: ${records}.`
      : `The audit chain is DAMAGED. Records: ${records}.`,
    ...problems.map((problem) => `  ${sentenceOf(problem)}`),
    ...(unnamed > 0 ? [`  ${unnamed} more problems.`] : []),
    head ? `Head ${formatHead(head)}, sealed at ${head.sealedAt.toISOString()}.` : 'There is no head.',
    ...(unsealed > 0 ? [`Not sealed yet: ${unsealed}.`] : []),
  ]
}

function sentenceOf(problem: ChainProblem): string {
  switch (problem.kind) {
    case 'not-what-was-sealed':
      return `Record ${problem.sequence} (${problem.id}) is not what was sealed there: changed, moved or put in.`
    case 'missing':
      return `Missing: ${range(problem)}.`
    case 'cut-off':
      return `The end was cut off: ${range(problem)}.`
    case 'after-head':
      return `After the head, put in without being sealed: ${range(problem)}.`
    case 'head-missing':
      return 'The head is missing.'
    case 'head-forged':
      return 'The head is not genuine: it was not made with a key of this data.'
    case 'head-of-another-chain':
      return 'The head was made for another last record: the chain was computed anew.'
    case 'kept-head-not-in-chain':
      return `The head given for record ${problem.sequence} is no part of this chain: it was cut, computed anew or put back.`
    default:
      return assertNever(problem)
  }
}

function range({ from, to }: { from: number; to: number }): string {
  return from === to ? `record ${from}` : `records ${from} to ${to}`
}
