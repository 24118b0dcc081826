import { hash } from 'node:crypto'
import type { DeadFeed, DeadSince } from '../../domain/revocations/index.ts'
import type { Clock } from '../../lib/clock.ts'

export interface FeedDocument {
  readonly body: string
  readonly etag: string
}

export interface FeedDocumentsParts {
  readonly deadFeed: DeadFeed
  readonly sign: (audience: string, dead: DeadSince) => Promise<string>
  readonly clock: Clock
  /** What is kept has at most so many characters together; the newest is kept however long it is. */
  readonly mostCharacters?: number
}

interface Kept {
  readonly newest: string
  readonly signedAt: Date
  readonly document: Promise<FeedDocument>
  /** Of its body; 0 until it is signed. */
  characters: number
}

/** A follower takes a document for as fresh as its signature, and the contract says at least every 10 s. */
const SIGNED_FOR_MS = 5000
const MOST_KEPT = 64
/** One document of very many deaths has 5 MB, and whoever asks may name a cursor of each. */
const MOST_CHARACTERS = 16_000_000

/**
 * The same document for all who ask the same while nothing has died since: however many follow, one signature. One
 * from before a death is never given out: who learns that a token is dead must not hear less from the next answer.
 */
export function createFeedDocuments(parts: FeedDocumentsParts) {
  const { deadFeed, sign, clock, mostCharacters = MOST_CHARACTERS } = parts
  // Inserted last, so that the first of the map is the one asked for longest ago.
  const kept = new Map<string, Kept>()

  function isGood({ newest, signedAt }: Kept, newestNow: string, now: Date): boolean {
    return newest === newestNow && Math.abs(now.getTime() - signedAt.getTime()) < SIGNED_FOR_MS
  }

  function forgetTooMany(): void {
    let characters = [...kept.values()].reduce((sum, one) => sum + one.characters, 0)
    for (const [name, one] of kept) {
      if (kept.size === 1 || (kept.size <= MOST_KEPT && characters <= mostCharacters)) return
      kept.delete(name)
      characters -= one.characters
    }
  }

  function keep(name: string, one: Kept): void {
    kept.set(name, one)
    forgetTooMany()
    one.document.then(
      ({ body }) => {
        one.characters = body.length
        forgetTooMany()
      },
      () => kept.get(name) === one && kept.delete(name),
    )
  }

  return async (audience: string, since: string | null): Promise<FeedDocument> => {
    const newest = await deadFeed.follow()
    const from = deadFeed.startOf(since)
    const name = JSON.stringify([audience, from])
    const now = clock.now()
    // One that will never be given out again is no reason to hold its text.
    for (const [other, one] of kept) if (!isGood(one, newest, now)) kept.delete(other)
    const known = kept.get(name)
    if (known !== undefined) return known.document
    // Only now: who gets a kept one must not cost a walk through all that has died.
    const document = sign(audience, deadFeed.since(audience, from)).then((body) => ({
      body,
      etag: `"${hash('sha256', body, 'base64url')}"`,
    }))
    keep(name, { newest, signedAt: now, document, characters: 0 })
    return document
  }
}
