/**
 * One audit record as it is stored. `body` is canonical JSON of what may be read by whoever may read the audit;
 * `personal` holds address, typed identifier and the like, sealed under the key `personKeyId`, so that erasing a
 * person destroys a key and no chain breaks. The chain covers both, the ciphertext of the second.
 */
export interface AuditEntry {
  readonly id: string
  readonly at: Date
  readonly event: string
  readonly outcome: 'success' | 'failure'
  readonly subjectId: string | null
  readonly clientId: string | null
  readonly traceId: string
  readonly body: string
  readonly personal: Uint8Array | null
  readonly personKeyId: string | null
}

/** An entry in its place in the chain. */
export interface SealedEntry extends AuditEntry {
  readonly sequence: number
  readonly hash: Uint8Array
}

/** The end of the chain so far: the last record's place and hash, signed, so that a cut-off end shows. */
export interface ChainHead {
  readonly sequence: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
  readonly sealedAt: Date
}

export interface AuditStore {
  /** Records of what changed nothing else (a refusal). A change carries its records in its own write. */
  append(entries: readonly AuditEntry[]): Promise<void>

  /** Keeps `wrapped` unless the person has a key already; answers the one that is kept. */
  keepPersonKey(personKeyId: string, wrapped: Uint8Array, now: Date): Promise<Uint8Array>
  findPersonKey(personKeyId: string): Promise<Uint8Array | null>
  destroyPersonKey(personKeyId: string): Promise<void>

  /** The oldest records without a place in the chain, in the order in which they were written. */
  listUnsealed(limit: number): Promise<AuditEntry[]>
  countUnsealed(): Promise<number>
  head(): Promise<ChainHead | null>
  /**
   * Gives records their places and moves the head. Nothing happens and the answer is false when the head is no
   * longer at `from` (0 = no record yet): another sealer was faster.
   */
  sealBatch(
    from: number,
    places: readonly { id: string; sequence: number; hash: Uint8Array }[],
    head: ChainHead,
  ): Promise<boolean>
  /** Sealed records in chain order, from the place after `after`. */
  listSealed(after: number, limit: number): Promise<SealedEntry[]>
  /** What was done to somebody or something, the newest first. */
  listBySubject(subjectId: string, limit: number): Promise<AuditEntry[]>
}
