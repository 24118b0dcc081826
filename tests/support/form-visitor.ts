import { type HTMLElement, parse } from 'node-html-parser'
import request from 'supertest'

/** An answer, with its page read. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly url: string
  readonly text: string
  readonly page: HTMLElement
}

/** A browser without a screen: keeps cookies, submits the forms that stand on its page. */
export interface Visitor {
  /** The last page. */
  readonly at: Answer
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  post(url: string, fields: Readonly<Record<string, string>>): Promise<Answer>
  /** Sends a form of the page as it stands there, these fields filled in; follows redirects on our origin. */
  submit(form: string, fields?: Readonly<Record<string, string>>): Promise<Answer>
  /** Follows redirects until a page, or until an address elsewhere. */
  follow(answer: Answer): Promise<Answer>
}

const MOST_REDIRECTS = 10

export function createVisitor(base: string): Visitor {
  const agent = request.agent(base)
  let at: Answer | null = null

  function read(response: request.Response, url: string): Answer {
    const location = response.headers['location'] as string | undefined
    const answer: Answer = {
      status: response.status,
      headers: response.headers as Record<string, string>,
      url: location === undefined ? url : new URL(location, new URL(url, base)).href,
      text: response.text ?? '',
      page: parse(response.type === 'text/html' ? (response.text ?? '') : ''),
    }
    at = answer
    return answer
  }

  async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const absolute = new URL(url, base)
    const response = await agent
      .get(absolute.pathname + absolute.search)
      .set({ Accept: 'text/html', ...headers })
      .redirects(0)
    return read(response, absolute.href)
  }

  async function post(url: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const absolute = new URL(url, base)
    const response = await agent
      .post(absolute.pathname + absolute.search)
      .type('form')
      .set('Accept', 'text/html')
      .redirects(0)
      .send({ ...fields })
    return read(response, absolute.href)
  }

  async function follow(answer: Answer): Promise<Answer> {
    let here = answer
    for (let hop = 0; hop < MOST_REDIRECTS && here.status >= 300 && here.status < 400; hop++) {
      if (!here.url.startsWith(`${base}/`)) return here
      here = await get(here.url)
    }
    return here
  }

  return {
    get at() {
      if (!at) throw new Error('The visitor has opened no page.')
      return at
    },
    get,
    post,
    follow,
    async submit(form, fields = {}) {
      const here = this.at
      const element = here.page.querySelector(`form[id="${form}"]`)
      if (!element)
        throw new Error(`No form "${form}" on ${here.url} (${here.status}): ${here.text.slice(0, 400)}`)
      const filled: Record<string, string> = {}
      for (const input of element.querySelectorAll('input')) {
        const name = input.getAttribute('name')
        const isLeftOut = input.getAttribute('type') === 'radio' && !input.hasAttribute('checked')
        if (name && !isLeftOut) filled[name] = input.getAttribute('value') ?? ''
      }
      const action = element.getAttribute('action') || here.url
      if (element.getAttribute('method') === 'get') {
        return follow(await get(`${action}?${new URLSearchParams({ ...filled, ...fields })}`))
      }
      return follow(await post(action, { ...filled, ...fields }))
    },
  }
}
