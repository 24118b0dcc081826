import type { Answer, HttpClient } from './http-client.ts'
import { APPLICATION, newAuthorizationRequest, redeemCode, type Tokens } from './relying-party.ts'

/** What a person types into one page. */
export type Typed = Readonly<Record<string, string>>

const MOST_REDIRECTS = 10

/**
 * A full sign-in, as a browser without cookies and its application walk it: authorization request, every page and
 * every form, back to the application, code for tokens.
 */
export async function signIn(http: HttpClient, pages: readonly Typed[]): Promise<Tokens> {
  const request = newAuthorizationRequest()
  const browser = createBrowser(http)
  await browser.open(request.path)
  for (const typed of pages) await browser.submit(typed)
  return redeemCode(http, browser.codeForApplication(), request.verifier)
}

export type Browser = ReturnType<typeof createBrowser>

/** A browser that keeps its cookies and follows redirects; nobody else's. */
export function createBrowser(http: HttpClient) {
  const cookies = new Map<string, string>()
  let at = ''
  let page = ''

  function headers(): Record<string, string> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return { accept: 'text/html', ...(cookie === '' ? {} : { cookie }) }
  }

  function keepCookies(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = ''] = line.split(';', 1)
      const equals = pair.indexOf('=')
      const value = pair.slice(equals + 1)
      if (value === '') cookies.delete(pair.slice(0, equals))
      else cookies.set(pair.slice(0, equals), value)
    }
  }

  /** Follows redirects until a page, or until the application's own address. */
  async function arrive(first: Answer): Promise<void> {
    let answer = first
    for (let hop = 0; hop < MOST_REDIRECTS; hop++) {
      keepCookies(answer.cookies)
      const location = answer.header('location')
      if (location === null) break
      at = location.startsWith(APPLICATION.redirectUri) ? location : pathOf(location)
      if (at === location && !location.startsWith('/')) return
      answer = await http.send(at, { headers: headers() })
    }
    if (answer.status !== 200) throw new Error(`No page at ${at}: ${answer.status} ${answer.body}`)
    page = answer.body
  }

  return {
    async open(path: string): Promise<void> {
      at = path
      await arrive(await http.send(path, { headers: headers() }))
    },
    /** Posts the form of the page, which stands at the address that it posts to. */
    async submit(typed: Typed): Promise<void> {
      const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1]
      const form = csrf === undefined ? typed : { csrf, ...typed }
      await arrive(await http.send(at, { method: 'POST', headers: headers(), form }))
    },
    /** Posts to another address of the page, and stays at it. */
    async post(path: string): Promise<Answer> {
      const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
      return http.send(path, { method: 'POST', headers: headers(), form: { csrf } })
    },
    /** Is there an element with this id on the page at hand? */
    shows: (id: string): boolean => page.includes(`id="${id}"`),
    codeForApplication(): string {
      const code = at.startsWith('http') ? new URL(at).searchParams.get('code') : null
      if (code === null) throw new Error(`Not back at the application: ${at}`)
      return code
    },
  }
}

function pathOf(location: string): string {
  if (location.startsWith('/')) return location
  const { pathname, search } = new URL(location)
  return pathname + search
}
