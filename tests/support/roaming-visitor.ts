import { type HTMLElement, parse } from 'node-html-parser'

/** Where a visitor ended after all redirects. */
export interface Arrival {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly html: string
  readonly dom: HTMLElement
  /** Every address that was asked for on the way, the last one included. */
  readonly way: readonly URL[]
}

/** A browser without a screen or script that goes from one origin to the next, as between application and provider. */
export interface RoamingVisitor {
  readonly cookies: CookieJar
  open(url: string | URL): Promise<Arrival>
  post(url: string | URL, fields: Readonly<Record<string, string>>): Promise<Arrival>
  /** Posts a form of the page as it stands there, these fields filled in or these buttons pressed. */
  submit(at: Arrival, form: string, fields?: Readonly<Record<string, string>>): Promise<Arrival>
}

const MOST_REDIRECTS = 20

export function createRoamingVisitor(): RoamingVisitor {
  const cookies = createCookieJar()

  async function go(start: URL, form: URLSearchParams | null): Promise<Arrival> {
    const way: URL[] = []
    let url = start
    let body = form
    while (way.length < MOST_REDIRECTS) {
      way.push(url)
      const method = body === null ? 'GET' : 'POST'
      const response = await fetch(url, {
        method,
        body,
        headers: { cookie: cookies.header(url) },
        redirect: 'manual',
      })
      cookies.take(url, response.headers.getSetCookie())
      const html = await response.text()
      const location = response.headers.get('location')
      if (location === null)
        return { url, status: response.status, headers: response.headers, html, dom: parse(html), way }
      url = new URL(location, url)
      body = null
    }
    throw new Error(`More than ${MOST_REDIRECTS} redirects: ${way.join(' ')}`)
  }

  return {
    cookies,
    open: (url) => go(new URL(url), null),
    post: (url, fields) => go(new URL(url), new URLSearchParams(fields)),
    submit(at, form, fields = {}) {
      const element = at.dom.querySelector(`form[id="${form}"][method="post"]`)
      if (element === null) throw new Error(`No form "${form}" on ${at.url} (${at.status}): ${at.html}`)
      const filled = element
        .querySelectorAll('input[name]')
        .map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? ''])
      const action = new URL(element.getAttribute('action') ?? '', at.url)
      return go(action, new URLSearchParams({ ...Object.fromEntries(filled), ...fields }))
    },
  }
}

export interface CookieJar {
  /** Takes the Set-Cookie headers of an answer. */
  take(url: URL, headers: readonly string[]): void
  /** The Cookie header of a request. */
  header(url: URL): string
  find(url: URL, name: string): string | null
  /** Puts a cookie there by hand. */
  plant(url: URL, name: string, value: string): void
}

interface Cookie {
  readonly host: string
  readonly path: string
  readonly name: string
  readonly value: string
}

/** Keeps cookies by host and path; like browsers it ignores the port (RFC 6265 §8.5). */
export function createCookieJar(): CookieJar {
  const jar = new Map<string, Cookie>()
  const keyOf = ({ host, path, name }: Cookie) => `${host} ${path} ${name}`
  const sentTo = (url: URL) =>
    [...jar.values()].filter(({ host, path }) => host === url.hostname && isBelow(url.pathname, path))
  return {
    take(url, headers) {
      for (const header of headers) {
        const { cookie, isDead } = parseSetCookie(url, header)
        if (isDead) jar.delete(keyOf(cookie))
        else jar.set(keyOf(cookie), cookie)
      }
    },
    header: (url) =>
      sentTo(url)
        .map(({ name, value }) => `${name}=${value}`)
        .join('; '),
    find: (url, name) => sentTo(url).find((cookie) => cookie.name === name)?.value ?? null,
    plant(url, name, value) {
      const cookie = { host: url.hostname, path: '/', name, value }
      jar.set(keyOf(cookie), cookie)
    },
  }
}

function parseSetCookie(url: URL, header: string): { cookie: Cookie; isDead: boolean } {
  const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
  const read = (wanted: string) =>
    attributes.find((one) => one.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
  const expires = read('expires')
  const split = pair.indexOf('=')
  return {
    cookie: {
      host: url.hostname,
      path: read('path') ?? '/',
      name: pair.slice(0, split),
      value: pair.slice(split + 1),
    },
    isDead: read('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now()),
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}
