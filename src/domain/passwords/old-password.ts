import { hmac } from '../../lib/hash.ts'
import type { Random } from '../../lib/ids.ts'
import { open, seal } from '../../lib/seal.ts'
import { formatStoredPassword, unreadablePassword } from './stored-password.ts'

/** Stands in the stored text for the algorithm: bcrypt over the password's own bytes, as an older system made it. */
export const OLD_ALGORITHM = 'bcrypt-plain'

/** `not-bcrypt`: another algorithm, or cut off; `too-dear`: a check of it would take longer than people wait. */
export type AdoptResult =
  | {
      readonly ok: true
      readonly stored: string
      /** Dearer than a hash of ours: until it is replaced, a check of it takes longer than any other. */
      readonly isDear: boolean
    }
  | { readonly ok: false; readonly reason: 'not-bcrypt' | 'too-dear' }

/** Takes over the hashes of an older system; `createPasswords` verifies them. */
export interface OldPasswords {
  /** The text to store for such a hash. */
  adopt(hash: string): AdoptResult
}

export interface OldPasswordsParts {
  /** The first seals. */
  readonly peppers: readonly [OldPepper, ...OldPepper[]]
  /** log2 of the rounds of a hash of ours. */
  readonly cost: number
  readonly random: Random
}

interface OldPepper {
  readonly id: string
  readonly key: Uint8Array
}

/** `$2y$` is PHP's name for what everybody else calls `$2b$`; `$2x$` is another, broken algorithm. */
const BCRYPT = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/
const CHEAPEST_COST = 4
/** Four times the work of a hash of ours. */
const DEAREST_COST = 14

/**
 * An old hash knows no pepper, so whoever has a stolen database could guess at it at home: it is kept sealed under a
 * key drawn from the pepper, until its owner signs in and it is replaced.
 */
export function createOldPasswords({ peppers, cost: ownCost, random }: OldPasswordsParts): OldPasswords {
  const [newest] = peppers
  const sealingKey = sealingKeyOf(newest)
  return {
    adopt(text) {
      const cost = Number(BCRYPT.exec(text)?.[1] ?? Number.NaN)
      if (!(cost >= CHEAPEST_COST)) return { ok: false, reason: 'not-bcrypt' }
      if (cost > DEAREST_COST) return { ok: false, reason: 'too-dear' }
      const plain = text.replace(/^\$2y/, '$2b')
      const sealed = seal(sealingKey, plain, CONTEXT, random).toString('base64url')
      const stored = { algorithm: OLD_ALGORITHM, cost, pepperId: newest.id, hash: sealed }
      return { ok: true, stored: formatStoredPassword(stored), isDear: cost > ownCost }
    },
  }
}

/** The hash as the older system wrote it. Throws when it was not sealed under this pepper. */
export function openOldHash(sealed: string, pepper: OldPepper): string {
  try {
    return open(sealingKeyOf(pepper), Buffer.from(sealed, 'base64url'), CONTEXT).toString('utf8')
  } catch {
    throw unreadablePassword('of an older system was not sealed under its pepper')
  }
}

const CONTEXT = 'old password'

/** One key does one work: the pepper itself makes MACs. */
function sealingKeyOf({ key }: OldPepper): Uint8Array {
  return hmac(key, 'latchkey old password')
}
