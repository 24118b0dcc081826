import { gzipSync } from 'node:zlib'
import { generateKeyPair, SignJWT } from 'jose'
import { systemOrigin } from '../../src/domain/audit/index.ts'
import { createDeadFeed, createHandles } from '../../src/domain/revocations/index.ts'
import { systemClock, toEpochSeconds } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { openStorage } from '../../src/storage/index.ts'
import type { Bench } from '../bench.ts'
import { ceilingFigure } from '../figure.ts'
import { median } from '../statistics.ts'

const LIVE = 10_000
const BATCH = 500
const AUDIENCE = 'http://localhost:3000/api'
const MORE = 20

/** What the whole feed weighs, and what one more revocation costs a node that answers it, with so many things dead. */
export const feedDocuments: Bench = {
  name: 'feed',
  async measure({ newFolder }) {
    const storage = await openStorage(
      { driver: 'sqlite', file: `${newFolder()}/latchkey.db` },
      { clock: systemClock },
    )
    const { revocations } = storage
    const raise = (count: number, from: number) =>
      revocations.raise(
        Array.from({ length: count }, (_, index) => ({
          owner: { kind: 'account' as const, id: `acc_${from + index}` },
          signIn: false,
        })),
        systemClock.now(),
        [],
      )
    try {
      for (let from = 0; from < LIVE; from += BATCH) await raise(BATCH, from)
      const feed = createDeadFeed({
        store: revocations,
        handles: createHandles({ key: systemRandom.bytes(32), issuerGeneration: 'bench' }),
        owners: [],
        audit: {
          entry: async () => {
            throw new Error('So few are listed one by one.')
          },
        },
        origin: () => systemOrigin('bench', null, systemRandom),
        clock: systemClock,
      })
      const { privateKey } = await generateKeyPair('ES256')
      // As src/oidc/feed-token.ts signs it, with a key that needs no store.
      const documentSince = async (cursor: string | null) => {
        const { dead, since, issuer, cursor: next } = feed.since(AUDIENCE, cursor)
        const listed = dead.map(({ handle, until }) => ({ h: handle, until: toEpochSeconds(until) }))
        const body = await new SignJWT({ cursor: next, issuer, reset: since === null, dead: listed })
          .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'revocation-feed+jwt' })
          .setIssuer('http://localhost:3000')
          .setAudience(AUDIENCE)
          .setIssuedAt()
          .setExpirationTime('60s')
          .sign(privateKey)
        return { body, next, listed: listed.length }
      }
      await feed.follow()
      const first = await documentSince(null)
      if (first.listed !== LIVE) throw new Error(`The feed lists ${first.listed} of ${LIVE}.`)
      const [wholeMs, newsMs]: [number[], number[]] = [[], []]
      let news = first
      for (let round = 0; round < MORE; round++) {
        await raise(1, LIVE + round)
        let began = performance.now()
        await feed.follow()
        news = await documentSince(news.next)
        newsMs.push(performance.now() - began)
        if (news.listed !== 1) throw new Error('One revocation was not told as one.')
        began = performance.now()
        await documentSince(null)
        wholeMs.push(performance.now() - began)
      }
      const size = (text: string | Buffer) => text.length / 1000
      const name = `feed, ${LIVE} handles listed`
      return [
        ceilingFigure({ name: `${name}: all of it`, unit: 'kB', atMost: 1000 }, size(first.body)),
        ceilingFigure(
          { name: `${name}: all of it, gzip`, unit: 'kB', atMost: 1000 },
          size(gzipSync(first.body)),
        ),
        ceilingFigure(
          { name: `${name}: make and sign all`, unit: 'ms', atMost: 100 },
          median(wholeMs),
          wholeMs,
        ),
        ceilingFigure(
          { name: `${name}: read and sign one more`, unit: 'ms', atMost: 10 },
          median(newsMs),
          newsMs,
        ),
      ]
    } finally {
      await storage.close()
    }
  },
}
