/** @import { Http } from './http.js' */

/**
 * @typedef {object} Addresses
 * @property {string} keys
 * @property {string} feed
 * @property {string} stream
 *
 * @typedef {object} Discovery
 * @property {() => Promise<Addresses>} find Found once and kept; failures are not.
 * @property {() => void} forget The issuer may have moved something: look again next time.
 */

const MAX_BYTES = 256 * 1024

/**
 * Where the issuer has its keys and its feed (OpenID Connect Discovery §4). Only these addresses are ever called:
 * nothing that a token says leads anywhere.
 *
 * @param {string} issuer
 * @param {string} audience
 * @param {Http} http
 * @returns {Discovery}
 */
export function createDiscovery(issuer, audience, http) {
  /** @type {Promise<Addresses> | null} */
  let found = null

  async function discover() {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const { text } = await http.get(url, { accept: 'application/json', maxBytes: MAX_BYTES })
    const document = JSON.parse(text)
    // §4.3: who answers under this address must be who it says it is.
    if (document?.issuer !== issuer)
      throw new Error(`${url} is the document of ${JSON.stringify(document?.issuer)}, not of ${issuer}`)
    const feed = addressOf(document, 'latchkey_revocation_feed')
    const stream = new URL(feed)
    stream.pathname = `${stream.pathname.replace(/\/$/, '')}/stream`
    for (const address of [feed, stream]) address.searchParams.set('aud', audience)
    return { keys: addressOf(document, 'jwks_uri').href, feed: feed.href, stream: stream.href }
  }

  /**
   * @param {Record<string, unknown>} document
   * @param {string} name
   */
  function addressOf(document, name) {
    const value = document[name]
    const url = typeof value === 'string' ? URL.parse(value) : null
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && issuer.startsWith('http:'))
    if (url === null || !isSafe) throw new Error(`The discovery document of ${issuer} has no good ${name}`)
    return url
  }

  return {
    find() {
      found ??= discover().catch((error) => {
        found = null
        throw error
      })
      return found
    },
    forget() {
      found = null
    },
  }
}
