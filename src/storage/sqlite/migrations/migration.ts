/** One step of the schema; once released it never changes. */
export interface Migration {
  /** 1, 2, 3 … without a gap: the schema version that the store has afterwards. */
  readonly number: number
  readonly name: string
  /** The oldest schema version whose code can still work with the store afterwards. */
  readonly minReader: number
  readonly sql: string
}
