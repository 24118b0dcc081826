import type { SigningKey } from '../domain/keys/index.ts'
import type { StoredUserType, UserTypeStore } from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/** Something that is made from the user types in force and the signing keys, and made anew when one of them changes. */
export interface Current<Made> {
  /** Made from the types and keys that are in force now. While the store cannot be asked, from those seen last. */
  now(): Promise<Made>
  /** The last one made, without asking. */
  latest(): Made
  /** Was the store asked so lately that nobody need ask again for what may be a moment old? */
  isRecent(): boolean
}

export interface CurrentParts<Made> {
  readonly userTypes: Pick<UserTypeStore, 'fingerprint' | 'list'>
  /** Those of the JWKS now, from memory. */
  readonly signingKeys: () => readonly SigningKey[]
  readonly make: (types: readonly StoredUserType[], signingKeys: readonly SigningKey[]) => Made
  readonly clock: Clock
  readonly log: Log
}

const RECENT_MS = 1000

/**
 * Keeps what is made in step with the types, also when another process changes one: each call of `now` asks for
 * their fingerprint, which is one read of an index. Keys change their part by the clock too, also with nobody's doing. What is in use where a change falls goes on as it was made.
 */
export async function keepCurrent<Made>(parts: CurrentParts<Made>): Promise<Current<Made>> {
  const { userTypes, signingKeys, make, clock, log } = parts
  let askedAt = clock.now()
  let seen = fingerprintOf(await userTypes.fingerprint(), signingKeys())
  let made = make(await userTypes.list(), signingKeys())

  async function follow(): Promise<void> {
    askedAt = clock.now()
    const keys = signingKeys()
    const fingerprint = fingerprintOf(await userTypes.fingerprint(), keys)
    if (fingerprint === seen) return
    const types = await userTypes.list()
    // Noted before it is made: what cannot be made is not tried again at every request.
    seen = fingerprint
    made = make(types, keys)
  }

  return {
    async now() {
      try {
        await follow()
      } catch (error) {
        log.warn({ err: error }, 'user types cannot be followed; those seen last stay in use')
      }
      return made
    },
    latest: () => made,
    isRecent: () => Math.abs(clock.now().getTime() - askedAt.getTime()) < RECENT_MS,
  }
}

/** The first key of an algorithm signs, so their order counts. */
function fingerprintOf(types: string, keys: readonly SigningKey[]): string {
  return [types, ...keys.map(({ kid }) => kid)].join('\n')
}
