import { createRemoteJWKSet, jwtVerify } from 'jose'
import { createGuard } from '../../src/guard/index.js'
import { type FeedDouble, startFeedDouble } from '../../tests/support/feed-double.ts'
import type { Bench } from '../bench.ts'
import { compare, inTurn } from '../compare.ts'
import { ratioFigure } from '../figure.ts'

const TOKENS = 100
const DEAD_HANDLES = 10_000
/** Short rounds, many of them: a tenth is looked for, and a machine is seldom that even for seconds. */
const SHARES = 10

type Verify = (token: string) => Promise<void>

/** What the guard adds to the check of a signature: freshness, claims, and each handle looked up among the dead. */
export const guardVerify: Bench = {
  name: 'guard',
  async measure({ pace }) {
    const issuer = await startFeedDouble()
    for (let index = 0; index < DEAD_HANDLES; index++) issuer.kill(`dead-handle-${index}`)
    const guard = createGuard({ issuer: issuer.issuer, audience: issuer.audience })
    try {
      await guard.ready()
      if (guard.status().deadHandles !== DEAD_HANDLES) throw new Error('The guard does not know the dead.')
      const tokens = await Promise.all(Array.from({ length: TOKENS }, () => makeToken(issuer)))
      const verifyWithGuard: Verify = async (token) => {
        const result = await guard.verify({ token })
        if (!result.ok) throw new Error(`The guard refused: ${result.reason}`)
      }
      const verifyWithJose = plainly(issuer)
      const seconds = pace.seconds / SHARES
      const comparison = compare(
        await inTurn(
          {
            ours: () => microsecondsEach(verifyWithGuard, tokens, seconds),
            baseline: () => microsecondsEach(verifyWithJose, tokens, seconds),
          },
          pace.rounds * SHARES,
        ),
      )
      const name = `guard.verify, ${DEAD_HANDLES} dead handles known`
      const goal = { atMost: 1.1 }
      return [ratioFigure({ name, unit: 'µs', against: 'jwtVerify of jose', goal }, comparison)]
    } finally {
      guard.close()
      await issuer.close()
    }
  },
}

/** As many handles as a person's token has. */
function makeToken(issuer: FeedDouble): Promise<string> {
  const handles = ['jti', 'client', 'account', 'user-type', 'grant', 'session'].map(
    (what) => `${what}-handle`,
  )
  return issuer.makeToken({ latchkey_rv: [issuer.issuerHandle, ...handles] })
}

/** As jose's own documentation shows it. */
function plainly({ issuer, audience }: FeedDouble): Verify {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))
  const options = { issuer, audience, typ: 'at+jwt', algorithms: ['ES256'] }
  return async (token) => {
    await jwtVerify(token, keys, options)
  }
}

async function microsecondsEach(verify: Verify, tokens: readonly string[], seconds: number): Promise<number> {
  const startedAt = performance.now()
  let count = 0
  do {
    for (const token of tokens) await verify(token)
    count += tokens.length
  } while (performance.now() - startedAt < seconds * 1000)
  return ((performance.now() - startedAt) * 1000) / count
}
