import { canonicalEmail, canonicalName, canonicalPhone, canonicalText } from '../../lib/canonical.ts'
import type { EmployeeRecord, EmployeeStatus } from './employee.ts'

/** A record as somebody wrote it: a row of a file, an answer of a service, a form. An empty text is nothing. */
export interface RecordTexts
  extends Readonly<Record<'employeeId' | 'role' | 'status' | 'fullName' | 'email' | 'phone', string>> {
  /** Further columns by name. */
  readonly attributes: Readonly<Record<string, string>>
}

export interface RecordProblem {
  /** The column, by its name. */
  readonly column: string
  readonly problem: 'missing' | 'malformed' | 'too-long' | 'not-a-status'
}

export type ReadRecordResult =
  | { readonly ok: true; readonly record: EmployeeRecord }
  | { readonly ok: false; readonly problems: readonly RecordProblem[] }

export const EMPLOYEE_STATUSES: readonly EmployeeStatus[] = ['active', 'suspended', 'ended']

/** In code points. */
const LONGEST = { employeeId: 64, role: 64, text: 1000 }

/** The record that the texts are, in canonical form: two spellings of one id, address or number are the same. */
export function readRecord(texts: RecordTexts, phoneRegion: string | null): ReadRecordResult {
  const problems: RecordProblem[] = []
  const wrong = (column: string, problem: RecordProblem['problem']): null => {
    problems.push({ column, problem })
    return null
  }

  function text(column: string, written: string, longest: number): string | null {
    const read = canonicalText(written.slice(0, 4 * LONGEST.text))
    const isTooLong = written.length > 4 * LONGEST.text || isLongerThan(longest, read ?? '')
    return isTooLong ? wrong(column, 'too-long') : read
  }
  function needed(column: 'employeeId' | 'role' | 'status', longest: number): string | null {
    const before = problems.length
    const read = text(column, texts[column], longest)
    return read === null && problems.length === before ? wrong(column, 'missing') : read
  }
  function contact(column: 'email' | 'phone', canonical: (text: string) => string | null): string | null {
    const read = text(column, texts[column], LONGEST.text)
    return read === null ? null : (canonical(read) ?? wrong(column, 'malformed'))
  }

  const shownId = needed('employeeId', LONGEST.employeeId)
  const employeeId = shownId === null ? null : (canonicalName(shownId) ?? wrong('employeeId', 'malformed'))
  const role = needed('role', LONGEST.role)
  const written = needed('status', LONGEST.text)
  const status =
    written === null
      ? null
      : (EMPLOYEE_STATUSES.find((one) => one === written) ?? wrong('status', 'not-a-status'))
  const fullName = text('fullName', texts.fullName, LONGEST.text)
  const email = contact('email', canonicalEmail)
  const phone = contact('phone', (typed) => canonicalPhone(typed, phoneRegion))
  const attributes = Object.entries(texts.attributes).flatMap(([column, value]) => {
    const read = text(column, value, LONGEST.text)
    return read === null ? [] : [[column, read] as const]
  })

  if (problems.length > 0 || shownId === null || employeeId === null || role === null || status === null) {
    return { ok: false, problems }
  }
  const record = { employeeId, shownId, role, status, fullName, email, phone }
  return { ok: true, record: { ...record, attributes: Object.fromEntries(attributes) } }
}

/** In code points; only where code units are too many they are counted. */
function isLongerThan(longest: number, text: string): boolean {
  return text.length > longest && [...text].length > longest
}
