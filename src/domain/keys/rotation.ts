import { addSeconds } from '../../lib/clock.ts'
import type { AuditEntry } from '../audit/index.ts'
import {
  type KeyStore,
  type Rewrapped,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type StoredKey,
} from './key-store.ts'
import { masterKeyId, unwrapAll, wrap } from './master-keys.ts'
import { type NewKeyParts, newSigningKey } from './new-key.ts'

/** When signing keys come and go. Fixed: nobody should have to think of it; tests have a faster one. */
export interface KeySchedule {
  /**
   * A new key stands in the JWKS this long before it signs. Every verifier has it then: one that keeps the JWKS as
   * long as it was told (5 minutes) and a node that reads the keys every 10 seconds, and also a verifier that keeps
   * it for an hour, as mod_auth_openidc does.
   */
  readonly aheadSeconds: number
  /**
   * A key signs this long. Seldom enough for verifiers that somebody must tell by hand, and often enough that
   * rotation is nothing unusual on the day on which it is urgent.
   */
  readonly everySeconds: number
  /**
   * A key stays in the JWKS this long after the next one signs. Tokens are dead after an hour at most, but the ID
   * token of a sign-in is shown again at sign-out (`id_token_hint`), and a session lives for up to 30 days.
   */
  readonly keptSeconds: number
}

const DAY_SECONDS = 86_400

export const KEY_SCHEDULE: KeySchedule = {
  aheadSeconds: 3600,
  everySeconds: 90 * DAY_SECONDS,
  keptSeconds: 31 * DAY_SECONDS,
}

/** `drop-old` is for a key that somebody else may have: nothing that it signed is good any more. */
export type RotateHow = 'overlap' | 'drop-old'

export type Rotated =
  | {
      readonly kind: 'rotated'
      readonly slots: readonly string[]
      readonly activeAt: Date
      /** When the former keys leave the JWKS. */
      readonly retiredAt: Date
    }
  /** The next keys are published already and will sign from then on; nothing was done. */
  | { readonly kind: 'under-way'; readonly activeAt: Date }

/** The record that is written with the change; asked for when it is known what changes. */
export type RecordOf<Change> = (change: Change) => Promise<AuditEntry>

export interface RotationParts extends NewKeyParts {
  readonly store: KeyStore
  readonly schedule: KeySchedule
}

/** Makes the next key of each algorithm. Of several at once one does. */
export async function rotate(
  parts: RotationParts,
  how: RotateHow,
  record: RecordOf<Extract<Rotated, { kind: 'rotated' }>>,
): Promise<Rotated> {
  const { store, schedule, clock } = parts
  const now = clock.now()
  const stored = await store.list()
  const pending = pendingSince(stored, now)
  if (pending && how === 'overlap') return { kind: 'under-way', activeAt: pending }
  const activeAt = how === 'drop-old' ? now : addSeconds(now, schedule.aheadSeconds)
  const retiredAt = how === 'drop-old' ? now : addSeconds(activeAt, schedule.keptSeconds)
  const next = await Promise.all(
    SIGNING_ALGORITHMS.map((algorithm) =>
      newSigningKey(parts, algorithm, nextNumber(stored, algorithm), { publishedAt: now, activeAt }),
    ),
  )
  const rotated = { kind: 'rotated', slots: next.map(({ slot }) => slot), activeAt, retiredAt } as const
  if (await store.rotate(next, retiredAt, [await record(rotated)])) return rotated
  // Another process was faster: what it made is what was asked for.
  const theirs = pendingSince(await store.list(), now)
  return { kind: 'under-way', activeAt: theirs ?? now }
}

/** Have the newest keys signed for so long that the next ones must be published now? */
export function isDue(stored: readonly StoredKey[], { everySeconds, aheadSeconds }: KeySchedule, now: Date) {
  const newest = SIGNING_ALGORITHMS.map((algorithm) => stored.findLast((key) => key.purpose === algorithm))
  return newest.some((key) => {
    const activeAt = key?.activeAt ?? key?.createdAt
    return activeAt !== undefined && addSeconds(activeAt, everySeconds - aheadSeconds) <= now
  })
}

/** Since slots are numbered and the newest key is never removed, a number is never used twice. */
function nextNumber(stored: readonly StoredKey[], algorithm: SigningAlgorithm): number {
  const numbers = stored
    .filter(({ purpose }) => purpose === algorithm)
    .map(({ slot }) => Number(slot.slice(slot.lastIndexOf('/') + 1)))
  return Math.max(0, ...numbers) + 1
}

function pendingSince(stored: readonly StoredKey[], now: Date): Date | null {
  const pending = stored.find(
    ({ activeAt, retiredAt }) => activeAt && activeAt > now && (retiredAt === null || retiredAt > now),
  )
  return pending?.activeAt ?? null
}

/**
 * Seals anew, under the first master key, what lies under another. Done at the start of a server, once, and never
 * again by itself: two nodes whose lists have another order do not fight, the last start wins.
 */
export async function rewrap(
  { store, masterKeys, random }: Omit<RotationParts, 'schedule' | 'clock'>,
  record: RecordOf<{ readonly slots: readonly string[]; readonly masterKeyId: string }>,
): Promise<number> {
  const [first] = masterKeys
  const id = masterKeyId(first)
  const others = (await store.list()).filter((key) => key.masterKeyId !== id)
  if (others.length === 0) return 0
  const contents = unwrapAll(masterKeys, others)
  const anew: Rewrapped[] = []
  for (const key of others) {
    const content = contents.get(key.id)
    if (!content) continue
    const sealed = wrap(first, key.slot, content, random)
    anew.push({ id: key.id, from: key.masterKeyId, sealed, masterKeyId: id })
  }
  return store.rewrap(anew, [await record({ slots: others.map(({ slot }) => slot), masterKeyId: id })])
}
