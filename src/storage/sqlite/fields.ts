/** The fields of a record as SQL wants them: columns are snake_case, parameters and results camelCase. */
export interface Fields {
  /** `id, trace_id` */
  readonly columns: string
  /** `:id, :traceId` */
  readonly parameters: string
  /** `id AS id, trace_id AS traceId` */
  readonly selected: string
}

/** Names are constants of the code, never input. */
export function fields(...names: readonly string[]): Fields {
  return {
    columns: names.map(toColumn).join(', '),
    parameters: names.map((name) => `:${name}`).join(', '),
    selected: names.map((name) => `${toColumn(name)} AS ${name}`).join(', '),
  }
}

function toColumn(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A stored time as it came in. */
export function toDate(ms: number): Date
export function toDate(ms: number | null): Date | null
export function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}
