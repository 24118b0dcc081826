import { hash } from 'node:crypto'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import type { Audit, Origin } from '../audit/index.ts'
import type { Handles } from './handles.ts'
import type { Dead, GenerationOwner, RevocationStore } from './revocation-store.ts'

/** What a follower of one audience must know to go on from where it is (interface.md, Revocation feed). */
export interface DeadSince {
  /** Where the next question goes on from. */
  readonly cursor: string
  /** Where this answer goes on from; null: it is all there is. */
  readonly since: string | null
  /** The one issuer handle that is alive. */
  readonly issuer: string
  readonly dead: readonly { readonly handle: string; readonly until: Date }[]
}

export interface DeadFeed {
  /** Reads what is new in the log, whichever process wrote it; answers the newest cursor. */
  follow(): Promise<string>
  /** `cursor` where one can go on from it, else null: an answer begins from the start. */
  startOf(cursor: string | null): string | null
  /**
   * What died after `cursor` and can still matter, as of the last `follow`. All of it for null, and for a cursor that
   * was never given: one of other data, or of a store that was restored since.
   */
  since(audience: string, cursor: string | null): DeadSince
}

export interface DeadFeedParts {
  readonly store: Pick<RevocationStore, 'listDead' | 'newestDead' | 'raiseAll'>
  readonly handles: Handles
  /** Owners who together stand behind every token that is issued. */
  readonly owners: readonly GenerationOwner[]
  readonly audit: Pick<Audit, 'entry'>
  readonly origin: () => Origin
  readonly clock: Clock
  /** More lines than this are not listed one by one. */
  readonly mostLines?: number
}

interface Line extends Dead {
  readonly until: Date
}

/** No access token lives longer (user types and machines: 900 s), and the clocks of nodes and APIs may differ a little. */
export const LONGEST_TOKEN_SECONDS = 900 + 60
/** A document with so many has about 5 MB. Reached at more than a hundred deaths a second for a quarter of an hour. */
const MOST_LINES = 100_000
const BATCH = 5000
const PRUNE_EVERY_MS = 10_000
/** Handles of so many audiences are kept; those of the others are made anew for each document. */
const KEPT_AUDIENCES = 16

/**
 * Follows the log of what has died in memory, for this node's answers: a question costs no more than what is new.
 * However fast things die the list stays bounded: beyond `mostLines` whatever was issued is killed in one step, and
 * nothing before it need be listed any more. Tokens are fetched anew then; nobody has to sign in.
 */
export function createDeadFeed(parts: DeadFeedParts): DeadFeed {
  const { store, handles, owners, clock, mostLines = MOST_LINES } = parts
  const epoch = hash('sha256', handles.ofIssuer(''), 'base64url').slice(0, 8)
  const kept = new Map<string, WeakMap<Line, string>>()
  let lines: Line[] = []
  let newest = 0
  /** The newest line that says `everything`: what died before it is no longer listed. */
  let marker = 0
  let prunedAt = clock.now()
  let following: Promise<void> | null = null

  async function readOn(): Promise<void> {
    const target = await store.newestDead()
    while (newest < target) {
      const read = await store.listDead(newest, BATCH)
      for (const dead of read) take(dead)
      // Fewer than the newest says there are: the last ones were tidied away, long after they mattered.
      newest = read.length < BATCH ? Math.max(target, newest) : newest
    }
    prune()
    if (lines.length > mostLines) await killEverything()
  }

  function take(dead: Dead): void {
    newest = dead.cursor
    if (dead.kind === 'everything') {
      marker = dead.cursor
      lines = []
      return
    }
    // The log is kept for longer, by those who follow up what has died.
    const until = addSeconds(dead.at, LONGEST_TOKEN_SECONDS)
    if (until > clock.now()) lines.push({ ...dead, until })
  }

  function prune(): void {
    const now = clock.now()
    if (Math.abs(now.getTime() - prunedAt.getTime()) < PRUNE_EVERY_MS && lines.length <= mostLines) return
    prunedAt = now
    lines = lines.filter(({ until }) => until > now)
  }

  async function killEverything(): Promise<void> {
    const entry = await parts.audit.entry({
      ...parts.origin(),
      event: 'token.all-ended',
      outcome: 'success',
      reason: 'too-many-revocations',
      details: { listed: lines.length },
    })
    // Lost where another node was faster; its line is read like any other.
    await store.raiseAll(owners, marker, clock.now(), [entry])
    await readOn()
  }

  function handleOf(audience: string, line: Line): string {
    const known = handlesOf(audience)
    const handle = known.get(line) ?? makeHandle(audience, line)
    known.set(line, handle)
    return handle
  }

  function handlesOf(audience: string): WeakMap<Line, string> {
    const known = kept.get(audience) ?? new WeakMap<Line, string>()
    if (kept.has(audience)) return known
    const oldest = kept.size >= KEPT_AUDIENCES ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    kept.set(audience, known)
    return known
  }

  function makeHandle(audience: string, { kind, id, tokenGeneration }: Line): string {
    if (kind === 'everything') throw new Error('this line has no handle')
    return handles.of(audience, kind, id, tokenGeneration === null ? '' : String(tokenGeneration))
  }

  const nameOf = (cursor: number) => `${cursor}~${epoch}`

  function placeOf(name: string | null): number | null {
    const [cursor = '', ofEpoch] = (name ?? '').split('~')
    if (ofEpoch !== epoch || !/^\d{1,15}$/.test(cursor)) return null
    const place = Number(cursor)
    return place > newest || place < marker ? null : place
  }

  /** The first line after `place`; they are in order. */
  function indexAfter(place: number): number {
    let [low, high] = [0, lines.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const line = lines[middle]
      if (line && line.cursor > place) high = middle
      else low = middle + 1
    }
    return low
  }

  return {
    async follow() {
      // A question that comes while the log is read may be about a line after the one that is read up to.
      if (following) await following.catch(() => {})
      following ??= readOn().finally(() => {
        following = null
      })
      await following
      return nameOf(newest)
    },
    startOf(cursor) {
      const place = placeOf(cursor)
      return place === null ? null : nameOf(place)
    },
    since(audience, cursor) {
      const place = placeOf(cursor)
      const now = clock.now()
      return {
        cursor: nameOf(newest),
        since: place === null ? null : nameOf(place),
        issuer: handles.ofIssuer(audience),
        dead: lines
          .slice(place === null ? 0 : indexAfter(place))
          .filter(({ until }) => until > now)
          .map((line) => ({ handle: handleOf(audience, line), until: line.until })),
      }
    },
  }
}
