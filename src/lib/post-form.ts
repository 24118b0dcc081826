import { lookup } from 'node:dns'
import { type IncomingMessage, request as requestInClear } from 'node:http'
import { request as requestByTls } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './ip.ts'

/**
 * Posts a form to somebody else's server and answers the status. Redirects are not followed, and of the answer nothing
 * but its head is read. Throws where there is none before `signal` says stop.
 */
export type PostForm = (
  url: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<number>

/** Where such a post may go: `public` leaves out this machine and its networks, whatever name they are given. */
export type Reach = 'public' | 'anywhere'

class PrivateAddress extends Error {
  readonly code = 'PRIVATE_ADDRESS'
}

/**
 * The address is looked at where the connection is made, not before: a name that is asked twice may answer with
 * another address the second time.
 */
export function createPostForm(reach: Reach): PostForm {
  return (url, form, signal) =>
    new Promise((resolve, reject) => {
      const { protocol, hostname } = new URL(url)
      const host = hostname.replace(/^\[|\]$/g, '')
      // What is an address already is never looked up.
      if (reach === 'public' && isIP(host) !== 0 && !isPublicAddress(host)) throw new PrivateAddress()
      const body = new URLSearchParams(form).toString()
      const request = protocol === 'https:' ? requestByTls : requestInClear
      request(url, {
        method: 'POST',
        agent: false,
        signal,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
        },
        ...(reach === 'public' && { lookup: lookupPublic }),
      })
        .once('response', (response: IncomingMessage) => {
          response.destroy()
          resolve(response.statusCode ?? 0)
        })
        // It also comes after the answer, when that is cut off; then nobody listens to the refusal.
        .on('error', reject)
        .end(body)
    })
}

/** One address inside is enough to refuse a name: whoever answers so means no good. */
const lookupPublic: LookupFunction = (hostname, options, done) => {
  lookup(hostname, options, (error, address, family) => {
    const found: readonly unknown[] = Array.isArray(address) ? address.map((one) => one.address) : [address]
    if (error === null && !found.every((one) => isPublicAddress(String(one)))) {
      done(new PrivateAddress(), '', 0)
      return
    }
    done(error, address, family)
  })
}
