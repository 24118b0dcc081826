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
}

interface Kept {
  readonly newest: string
  readonly signedAt: Date
  readonly document: Promise<FeedDocument>
}

/** A follower takes a document for as fresh as its signature, and the contract says at least every 10 s. */
const SIGNED_FOR_MS = 5000
const MOST_KEPT = 64

/**
 * The same document for all who ask the same while nothing has died since: however many follow, one signature. One
 * from before a death is never given out: who learns that a token is dead must not hear less from the next answer.
 */
export function createFeedDocuments({ deadFeed, sign, clock }: FeedDocumentsParts) {
  const kept = new Map<string, Kept>()

  return async (audience: string, since: string | null): Promise<FeedDocument> => {
    const newest = await deadFeed.follow()
    const from = deadFeed.startOf(since)
    const name = JSON.stringify([audience, from])
    const now = clock.now()
    const known = kept.get(name)
    if (known?.newest === newest && Math.abs(now.getTime() - known.signedAt.getTime()) < SIGNED_FOR_MS) {
      return known.document
    }
    // Only now: who gets a kept one must not cost a walk through all that has died.
    const document = sign(audience, deadFeed.since(audience, from)).then((body) => ({
      body,
      etag: `"${hash('sha256', body, 'base64url')}"`,
    }))
    // Inserted last, so that the first of the map is the one asked for longest ago.
    kept.delete(name)
    const oldest = kept.size >= MOST_KEPT ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    kept.set(name, { newest, signedAt: now, document })
    document.catch(() => kept.delete(name))
    return document
  }
}
