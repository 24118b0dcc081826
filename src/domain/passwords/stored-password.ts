import { AppError } from '../../lib/errors.ts'

/** What a stored password says of itself: `v1$<algorithm>$<cost>$<pepper id>$<hash>`. */
export interface StoredPassword {
  readonly algorithm: string
  readonly cost: number
  readonly pepperId: string
  /** As the algorithm writes it; may itself hold `$`. */
  readonly hash: string
}

const SHAPE = /^v1\$([a-z0-9-]{1,20})\$(\d{1,2})\$([^$]{1,100})\$(.{1,200})$/

export function formatStoredPassword({ algorithm, cost, pepperId, hash }: StoredPassword): string {
  return `v1$${algorithm}$${cost}$${pepperId}$${hash}`
}

/** Throws when the text is not of our making: damaged data must not look like a wrong password. */
export function parseStoredPassword(text: string): StoredPassword {
  const [, algorithm, cost, pepperId, hash] = SHAPE.exec(text) ?? []
  if (algorithm === undefined || cost === undefined || pepperId === undefined || hash === undefined) {
    throw unreadablePassword('is not of a form this version reads')
  }
  return { algorithm, cost: Number(cost), pepperId, hash }
}

export function unreadablePassword(why: string): AppError {
  return new AppError('unreadable_password', 500, `A stored password ${why}.`)
}
