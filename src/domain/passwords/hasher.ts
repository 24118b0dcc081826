/** Who waits for a hash, such as the address of a request: nobody may fill the queue alone. */
export interface HashCaller {
  readonly caller?: string
  /** Is this a device that the account is known on? A share of the places is theirs. */
  readonly isKnown?: boolean
}

/** The slow hash behind `createPasswords`: a seam, so that a bench can measure everything else without it. */
export interface Hasher {
  /** Name of the algorithm in stored passwords; without `$`. */
  readonly name: string
  /** Throws Unavailable, with Retry-After, when too many wait already. */
  hash(input: string, cost: number, caller?: HashCaller): Promise<string>
  /** Throws Unavailable like `hash`. */
  compare(input: string, hash: string, caller?: HashCaller): Promise<boolean>
  /**
   * Compares a password with a bcrypt hash of an older system, as that system did: its own bytes, cut where bcrypt
   * cuts them. Takes as long as a comparison with a hash of `cost`, and longer only where the old one is dearer.
   * Throws Unavailable like `hash`.
   */
  compareOld(password: string, hash: string, cost: number, caller?: HashCaller): Promise<boolean>
  /** A hash that nothing known matches, and that takes as long to compare as any other of this cost. */
  decoy(cost: number): string
  /** How many wait, not counting those that are being hashed. */
  queueLength(): number
  /** Ends the threads; what still waits or runs fails as Unavailable. */
  close(): Promise<void>
}
