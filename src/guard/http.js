/** @import { Settings } from './options.js' */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Headers} headers
 * @property {string} text
 *
 * @typedef {object} Http
 * @property {(url: string, init: { accept: string, maxBytes: number, etag?: string | null }) => Promise<Answer>} get
 *   A whole answer, in bounded time and size. Throws `HttpFailure`, `TooLarge`, or what fetch throws.
 * @property {(url: string, accept: string, read: ReadBody) => Promise<void>} follow
 *   An answer whose body goes on as long as it is read; only its head is waited for a bounded time.
 *
 * @callback ReadBody
 * @param {ReadableStream<Uint8Array>} body
 * @param {(why: Error) => void} giveUp
 * @returns {Promise<void>}
 */

export class HttpFailure extends Error {
  /**
   * @param {string} url
   * @param {number} status
   * @param {number} retryAfterSeconds
   */
  constructor(url, status, retryAfterSeconds) {
    super(`${url} answered ${status}`)
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export class TooLarge extends Error {
  /**
   * @param {string} url
   * @param {number} maxBytes
   */
  constructor(url, maxBytes) {
    super(`${url} answered with more than ${maxBytes} bytes`)
  }
}

/**
 * @param {Pick<Settings, 'fetch' | 'requestTimeoutSeconds'>} settings
 * @param {AbortSignal} closing
 * @returns {Http}
 */
export function createHttp({ fetch, requestTimeoutSeconds }, closing) {
  /** @type {Set<AbortController>} */
  const running = new Set()
  closing.addEventListener('abort', () => {
    for (const one of running) one.abort(closing.reason)
  })

  /**
   * Nothing of the issuer redirects; whoever could make it do so shall not choose where keys come from.
   *
   * @param {string} url
   * @param {Record<string, string>} headers
   * @param {AbortController} ending
   */
  function send(url, headers, ending) {
    if (closing.aborted) ending.abort(closing.reason)
    return fetch(url, { headers, redirect: 'error', signal: ending.signal })
  }

  /**
   * @template T
   * @param {string} url
   * @param {AbortController} ending
   * @param {() => Promise<T>} work
   */
  async function inTime(url, ending, work) {
    const late = () => ending.abort(new Error(`${url} did not answer in ${requestTimeoutSeconds} s`))
    const timer = setTimeout(late, requestTimeoutSeconds * 1000)
    try {
      return await work()
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async get(url, { accept, maxBytes, etag = null }) {
      const ending = new AbortController()
      running.add(ending)
      try {
        return await inTime(url, ending, async () => {
          const condition = etag === null ? {} : { 'if-none-match': etag }
          const response = await send(url, { accept, ...condition }, ending)
          const { status, headers } = response
          if (status === 304 && etag !== null) return { status, headers, text: '' }
          if (status !== 200) throw new HttpFailure(url, status, retryAfterOf(headers))
          return { status, headers, text: await readBounded(response, url, maxBytes) }
        })
      } finally {
        // Whatever of the body has not been read is not wanted.
        ending.abort()
        running.delete(ending)
      }
    },

    async follow(url, accept, read) {
      const ending = new AbortController()
      running.add(ending)
      try {
        const response = await inTime(url, ending, () => send(url, { accept }, ending))
        if (response.status !== 200 || !response.headers.get('content-type')?.startsWith(accept))
          throw new HttpFailure(url, response.status, retryAfterOf(response.headers))
        if (response.body !== null) await read(response.body, (why) => ending.abort(why))
      } finally {
        ending.abort()
        running.delete(ending)
      }
    },
  }
}

/**
 * @param {Response} response
 * @param {string} url
 * @param {number} maxBytes
 */
async function readBounded(response, url, maxBytes) {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let bytes = 0
  let text = ''
  // Leaving the loop early cancels the body.
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new TooLarge(url, maxBytes)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** @param {Headers} headers */
function retryAfterOf(headers) {
  const seconds = Number(headers.get('retry-after'))
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0
}
