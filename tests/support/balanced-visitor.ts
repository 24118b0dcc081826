import { type HTMLElement, parse } from 'node-html-parser'
import { createCookieJar } from './roaming-visitor.ts'

/** What came back, read whole. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  /** What was asked for. */
  readonly url: string
  /** Where a redirect leads, absolute. */
  readonly location: string | null
  readonly text: string
  readonly page: HTMLElement
}

/** A form of a page, as it would be posted. */
export interface FilledForm {
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
  /** Of a form that only asks for another page. */
  readonly method?: 'get'
}

/**
 * A browser behind a load balancer: each request goes to the next node, the address it means is the issuer's.
 * Unlike a person it can post one form many times at once.
 */
export interface BalancedVisitor {
  readonly at: Reply
  get(url: string, node?: string): Promise<Reply>
  /** Follows redirects until a page, or until an address elsewhere. */
  open(url: string): Promise<Reply>
  /** Fills a form of the page at hand; does not post it. */
  fill(form: string, fields?: Readonly<Record<string, string>>): FilledForm
  /** Posts without following, and without leaving the page at hand. */
  post(form: FilledForm, node?: string): Promise<Reply>
  /** Fills, sends as the form says, and follows. */
  submit(form: string, fields?: Readonly<Record<string, string>>): Promise<Reply>
  follow(reply: Reply): Promise<Reply>
  /** The Cookie header of a request. */
  cookiesFor(url: string): string
}

const MOST_REDIRECTS = 10

export function createBalancedVisitor(issuer: string, nodes: readonly string[] = [issuer]): BalancedVisitor {
  const cookies = createCookieJar()
  let turn = 0
  let at: Reply | null = null

  const nextNode = () => nodes[turn++ % nodes.length] ?? issuer

  async function ask(address: string, node: string, body: URLSearchParams | null): Promise<Reply> {
    const url = new URL(address, issuer)
    const response = await fetch(node + url.pathname + url.search, {
      method: body === null ? 'GET' : 'POST',
      body,
      headers: { accept: 'text/html', cookie: cookies.header(url) },
      redirect: 'manual',
    })
    cookies.take(url, response.headers.getSetCookie())
    const text = await response.text()
    const location = response.headers.get('location')
    return {
      status: response.status,
      headers: response.headers,
      url: url.href,
      location: location === null ? null : new URL(location, url).href,
      text,
      page: parse(text),
    }
  }

  async function get(url: string, node = nextNode()): Promise<Reply> {
    at = await ask(url, node, null)
    return at
  }

  async function follow(reply: Reply): Promise<Reply> {
    at = reply
    for (let hop = 0; hop < MOST_REDIRECTS && at.location?.startsWith(`${issuer}/`); hop++) {
      at = await get(at.location)
    }
    return at
  }

  const post = ({ action, fields }: FilledForm, node = nextNode()) =>
    ask(action, node, new URLSearchParams({ ...fields }))

  function fill(form: string, fields: Readonly<Record<string, string>> = {}): FilledForm {
    const here = current()
    const element = here.page.querySelector(`form[id="${form}"]`)
    if (!element) {
      throw new Error(`No form "${form}" on ${here.url} (${here.status}): ${here.text.slice(0, 400)}`)
    }
    const standing = element
      .querySelectorAll('input[name]')
      .filter((input) => input.getAttribute('type') !== 'radio' || input.hasAttribute('checked'))
      .map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? ''])
    const action = new URL(element.getAttribute('action') || here.url, here.url).href
    const isGet = element.getAttribute('method') === 'get'
    return {
      action,
      fields: { ...Object.fromEntries(standing), ...fields },
      ...(isGet && { method: 'get' as const }),
    }
  }

  async function submit(name: string, typed?: Readonly<Record<string, string>>): Promise<Reply> {
    const form = fill(name, typed)
    if (form.method !== 'get') return follow(await post(form))
    return follow(await get(`${form.action}?${new URLSearchParams({ ...form.fields })}`))
  }

  function current(): Reply {
    if (!at) throw new Error('The visitor has opened no page.')
    return at
  }

  return {
    get at() {
      return current()
    },
    get,
    open: async (url) => follow(await get(url)),
    fill,
    post,
    submit,
    follow,
    cookiesFor: (url) => cookies.header(new URL(url, issuer)),
  }
}
