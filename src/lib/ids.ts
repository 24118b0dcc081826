import { randomBytes, randomInt } from 'node:crypto'

/** The one source of randomness. Rooms get it as a parameter, so a test can hand in a predictable one. */
export interface Random {
  bytes(length: number): Buffer
  /** A whole number from 0 up to, not including, `limit`; every value equally likely. */
  below(limit: number): number
}

export const systemRandom: Random = { bytes: pooledBytes, below: (limit) => randomInt(limit) }

const POOL_BYTES = 8192
let pool = Buffer.alloc(0)
let used = 0

/** Drawn from the system many at a time: one call for each small id costs more than the id. Never given twice. */
function pooledBytes(length: number): Buffer {
  if (length > POOL_BYTES / 8) return randomBytes(length)
  if (used + length > pool.byteLength) {
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + length))
  pool.fill(0, used, used + length)
  used += length
  return bytes
}

/** What an id names; the prefix tells a reader of a log or a support ticket what they look at. */
export type IdPrefix =
  | 'acc'
  | 'aud'
  | 'chl'
  | 'chn'
  | 'emp'
  | 'gra'
  | 'imp'
  | 'key'
  | 'msg'
  | 'prc'
  | 'ses'
  | 'tok'

/** A fresh id with 256 random bits, such as `acc_tGk1…`: nobody guesses one, two never meet. */
export function newId(prefix: IdPrefix, random: Random): string {
  return `${prefix}_${random.bytes(32).toString('base64url')}`
}

/** A secret for a link or a cookie: 256 random bits, base64url. */
export function newSecret(random: Random): string {
  return random.bytes(32).toString('base64url')
}

/** `length` decimal digits, each equally likely, leading zeros kept. */
export function randomDigits(length: number, random: Random): string {
  return Array.from({ length }, () => random.below(10)).join('')
}

/** Consonants without lookalikes: two of them name a code and never spell a word. */
const REFERENCE_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

/** The two letters that name a code in its message and on the page. */
export function randomReference(random: Random): string {
  return Array.from({ length: 2 }, () => REFERENCE_LETTERS[random.below(REFERENCE_LETTERS.length)]).join('')
}
