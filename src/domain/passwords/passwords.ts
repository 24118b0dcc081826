import { createHmac } from 'node:crypto'
import type { HashCaller, Hasher } from './hasher.ts'
import { OLD_ALGORITHM, openOldHash } from './old-password.ts'
import { formatStoredPassword, parseStoredPassword, unreadablePassword } from './stored-password.ts'

export interface Pepper {
  /** Stands in every stored password; without `$`. */
  readonly id: string
  readonly key: Uint8Array
}

export interface PasswordsOptions {
  /** The first makes, all verify. */
  readonly peppers: readonly [Pepper, ...Pepper[]]
  /** log2 of bcrypt's rounds; 12 in production. */
  readonly cost: number
  readonly hasher: Hasher
}

export interface Verification {
  readonly ok: boolean
  /** The password is right, but stored under an older cost or pepper, or as an older system did: hash it again while it is at hand. */
  readonly rehash: boolean
}

export interface Passwords {
  /** The text to store. Throws Unavailable, with Retry-After, when too many hashes wait already. */
  hash(password: string, caller?: HashCaller): Promise<string>
  /**
   * `null` stands for an account that does not exist or has no password: it takes as long as a real one and
   * never holds. Throws Unavailable like `hash`.
   */
  verify(stored: string | null, password: string, caller?: HashCaller): Promise<Verification>
  /** How many wait, not counting those that are being hashed. */
  queueLength(): number
  close(): Promise<void>
}

/**
 * Hashes base64(HMAC-SHA-384(pepper, NFC(password))), 64 characters: bcrypt cuts at 72 bytes and stops at NUL,
 * and a stolen database alone is then no use for guessing.
 */
export function createPasswords({ peppers, cost, hasher }: PasswordsOptions): Passwords {
  const [newest] = peppers
  const decoy = hasher.decoy(cost)

  async function verify(
    stored: string | null,
    password: string,
    caller: HashCaller = {},
  ): Promise<Verification> {
    if (stored === null) {
      await hasher.compare(underPepper(newest, password), decoy, caller)
      return { ok: false, rehash: false }
    }
    const { algorithm, cost: storedCost, pepperId, hash } = parseStoredPassword(stored)
    const isOld = algorithm === OLD_ALGORITHM
    if (!isOld && algorithm !== hasher.name) throw unreadablePassword(`was made by "${algorithm}"`)
    const pepper = peppers.find(({ id }) => id === pepperId)
    if (pepper === undefined) throw unreadablePassword('names a pepper that is not among the keys')
    if (isOld) {
      const ok = await hasher.compareOld(password, openOldHash(hash, pepper), cost, caller)
      return { ok, rehash: ok }
    }
    const ok = await hasher.compare(underPepper(pepper, password), hash, caller)
    return { ok, rehash: ok && (storedCost !== cost || pepper.id !== newest.id) }
  }

  return {
    verify,
    hash: async (password, caller = {}) => {
      const hash = await hasher.hash(underPepper(newest, password), cost, caller)
      return formatStoredPassword({ algorithm: hasher.name, cost, pepperId: newest.id, hash })
    },
    queueLength: () => hasher.queueLength(),
    close: () => hasher.close(),
  }
}

function underPepper(pepper: Pepper, password: string): string {
  return createHmac('sha384', pepper.key).update(password.normalize('NFC'), 'utf8').digest('base64')
}
