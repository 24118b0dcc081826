import type { Text } from './texts.ts'

/** A page before it is drawn: which template, and what stands in it. Made by the functions of a journey. */
export interface Page {
  /** The template below `views/`, such as `sign-in/password`. */
  readonly view: string
  readonly title: Text
  /** The page says what went wrong with a form; its title then begins so. */
  readonly failed: boolean
  /** `sheet` is one narrow column; `cards` a bar above cards, drawn by the template itself. */
  readonly frame: 'sheet' | 'cards'
  readonly model: object
}

/** What a page needs of the request it answers. */
export interface PageContext {
  /** The value of the hidden input of every form that posts; null on a page that has none. */
  readonly csrf: string | null
  /** A language tag; without one the deployment's own. */
  readonly language?: string
  /** Where the mark leads; without one it leads nowhere. */
  readonly homeUrl?: string
}

/** What a deployment makes of its pages. */
export interface Brand {
  readonly productName: string
  /** An address of our own: the pages load no image from elsewhere. */
  readonly logoUrl: string | null
  readonly helpUrl: string | null
  readonly privacyUrl: string | null
}

/** Where a person is in a journey of several pages. */
export interface Step {
  readonly at: number
  readonly of: number
}

export function sheet(view: string, title: Text, model: object, { failed = false } = {}): Page {
  return { view, title, failed, frame: 'sheet', model }
}
