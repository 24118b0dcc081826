import { createReadAccessToken } from './access-token.js'
import { createDeadList } from './dead-list.js'
import { createDiscovery } from './discovery.js'
import { createFollower } from './follower.js'
import { createHttp } from './http.js'
import { createKeySet } from './keys.js'
import { createMiddlewares } from './middlewares.js'
import { readOptions } from './options.js'
import { createReport } from './problems.js'
import { createProofs } from './proofs.js'
import { findMissing } from './requirements.js'

/** @import { AccessTokenClaims, Guard, GuardOptions, Reason, Verification, VerifyResult } from './api.d.ts' */

const MAX_KEYS_BYTES = 256 * 1024

/**
 * Verifies access tokens of one issuer for one API, and follows what that issuer revokes.
 *
 * @param {GuardOptions} options
 * @returns {Guard}
 */
export function createGuard(options) {
  const settings = readOptions(options)
  const { issuer, audience, now, maxDeadHandles, clockToleranceSeconds } = settings
  const closing = new AbortController()
  const http = createHttp(settings, closing.signal)
  const discovery = createDiscovery(issuer, audience, http)
  const keys = createKeySet(fetchKeys, now)
  const deadList = createDeadList(maxDeadHandles, clockToleranceSeconds)
  const report = createReport(settings.onProblem, now)
  const follower = createFollower({ settings, http, discovery, keys, deadList, report, closing })
  const readAccessToken = createReadAccessToken(keys, settings)
  const proofs = createProofs(settings)

  async function fetchKeys() {
    const address = (await discovery.find()).keys
    return (await http.get(address, { accept: 'application/json', maxBytes: MAX_KEYS_BYTES })).text
  }

  /**
   * @param {Verification} presented
   * @returns {Promise<VerifyResult>}
   */
  async function verify({ token, dpop, method, url, ...required }) {
    if (typeof token !== 'string' || token === '') return refused('missing-token')
    if (!follower.hasTried()) await follower.firstTry
    if (!follower.isFresh()) return refused('stale')
    const read = await readAccessToken(token)
    if (!read.ok) return read
    const { claims } = read
    const possession = await checkPossession(claims, { token, dpop, method, url })
    if (typeof possession === 'string') return refused(possession)
    // After everything that is waited for: what was learned meanwhile counts.
    if (deadList.isDead(claims.latchkey_rv)) return refused('revoked')
    const reason = possession?.claim() ?? findMissing(claims, required)
    return reason === null ? { ok: true, claims } : refused(reason)
  }

  /**
   * RFC 9449 §7: a bound token needs its proof, and a proof needs a bound token.
   *
   * @param {AccessTokenClaims} claims
   * @param {{ token: string } & Pick<Verification, 'dpop' | 'method' | 'url'>} presented
   */
  async function checkPossession({ cnf }, { token, dpop, method, url }) {
    const hasProof = typeof dpop === 'string'
    if (cnf === undefined) return hasProof ? /** @type {const} */ ('not-bound') : null
    if (!hasProof) return /** @type {const} */ ('proof-required')
    const proof = await proofs.check({ proof: dpop, method, url, token, jkt: cnf.jkt })
    return proof ?? /** @type {const} */ ('bad-proof')
  }

  return {
    verify,
    ...createMiddlewares(verify, settings),
    ready: () => follower.ready,
    close: follower.close,
    status() {
      const age = follower.ageSeconds()
      return {
        fresh: follower.isFresh(),
        ageSeconds: Number.isFinite(age) ? age : null,
        deadHandles: deadList.size(),
        streaming: follower.isStreaming(),
        clockSkewSeconds: follower.clockSkewSeconds(),
      }
    },
  }
}

/**
 * @param {Reason} reason
 * @returns {VerifyResult}
 */
function refused(reason) {
  return { ok: false, reason }
}
