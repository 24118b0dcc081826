import type { Context } from 'koa'
import type { Csrf } from './csrf.ts'
import type { Page } from './page.ts'
import type { Render } from './render.ts'
import { setPagePolicy } from './security-headers.ts'

export interface ShowOptions {
  readonly status?: number
  /** Where a form of this page may end, beside our own origin. */
  readonly formAction?: string
  /** The page frames another of ours. */
  readonly frames?: boolean
  /** Where the mark leads. */
  readonly homeUrl?: string
}

/** Answers with a page, in the language of whoever asks. */
export type Show = (ctx: Context, page: Page, options?: ShowOptions) => void

export function createShow(render: Render, csrf: Csrf): Show {
  return (ctx, page, { status = 200, formAction, frames = false, homeUrl } = {}) => {
    setPagePolicy(ctx, formAction === undefined ? [] : [formAction], frames)
    ctx.status = status
    ctx.type = 'html'
    ctx.vary('Accept-Language')
    const context = { csrf: csrf.tokenFor(ctx), language: languageOf(ctx, render) }
    ctx.body = render.page(page, { ...context, ...(homeUrl !== undefined && { homeUrl }) })
  }
}

/**
 * The best of our languages for this request: what the application asked for (OIDC Core §3.1.2.1, `ui_locales`,
 * noted in the context's state), then what the browser accepts.
 */
export function languageOf(ctx: Context, render: Pick<Render, 'languages'>): string {
  const { languages } = render
  const [own = 'en'] = languages
  const wished = (ctx.state['uiLocales'] ?? []) as readonly string[]
  for (const tag of wished.map((one) => one.toLowerCase())) {
    const found =
      languages.find((one) => one.toLowerCase() === tag) ?? languages.find((one) => one === baseOf(tag))
    if (found !== undefined) return found
  }
  return ctx.acceptsLanguages([...languages]) || own
}

/** `hi` of `hi-IN`. */
function baseOf(tag: string): string {
  return tag.split('-')[0] ?? tag
}

/** 303 after a POST (RFC 9110 §15.4.4): a reload asks for the page, it does not post again. */
export function goTo(ctx: Context, url: string): void {
  ctx.status = 303
  ctx.set('Cache-Control', 'no-store')
  ctx.set('Location', url)
  ctx.body = ''
}
