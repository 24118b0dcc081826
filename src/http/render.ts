import { join } from 'node:path'
import { type Assets, BRAND_SHEET } from './assets.ts'
import type { Said } from './form-fields.ts'
import { attributes, html, trusted } from './html.ts'
import { type MessageTemplate, messageModels, messageSubjects } from './message-models.ts'
import { oneLine } from './one-line.ts'
import type { Brand, Page, PageContext } from './page.ts'
import { type Locals, openTemplates } from './templates.ts'
import { openTexts, type Speech } from './texts.ts'
import { createTimes } from './times.ts'

/** A message in its final words; a text message has neither subject nor HTML. */
export interface Words {
  readonly subject: string | null
  readonly text: string
  readonly html: string | null
}

export interface Render {
  /** Languages there is a catalogue for, the deployment's own first. */
  readonly languages: readonly string[]
  /** A whole page as HTML. */
  page(page: Page, context: PageContext): string
  /**
   * Throws when `model` is not of the shape that the template asks for (message-models.ts). A type of account may have
   * its own wording, `messages/<its id>/<template>.<kind>.ejs`; for what it lacks that of all is taken.
   */
  message(
    template: MessageTemplate,
    channel: 'sms' | 'email',
    model: unknown,
    language: string,
    userType?: string,
  ): Words
}

export interface RenderParts {
  /** The folder `views`. */
  readonly viewsDir: string
  readonly assets: Assets
  readonly brand: Brand
  /** Host name of the issuer, which a text message binds its code to. */
  readonly host: string
  /** The deployment's own language; `en` where there is no catalogue for it. */
  readonly language: string
  /** IANA name of the zone in which clock times are said. */
  readonly timeZone: string
}

/** Of a type of account, as a folder below `messages`: it can lead nowhere else. */
const TYPE_ID = /^[a-z0-9][a-z0-9-]*$/

/** Draws pages and words messages: from the templates below `views` and the texts of one language. */
export function createRender(parts: RenderParts): Render {
  const { viewsDir, assets, brand } = parts
  const templates = openTemplates(viewsDir)
  const texts = openTexts(join(viewsDir, 'locales'), parts.language)
  const known = new Map<string, Locals>()

  function localsIn(language: string): Locals {
    const speech = texts.in(language)
    const locals = known.get(speech.language) ?? localsOf(speech, parts)
    known.set(speech.language, locals)
    return locals
  }

  /** Runs a template, and whatever parts it names with the same locals. */
  function draw(name: string, locals: Locals, model: unknown): string {
    const part = (below: string, its: unknown) => trusted(draw(below, locals, its))
    return templates.run(name, { ...locals, part, model })
  }

  function nameOf(message: string, userType: string): string {
    const own = `messages/${userType}/${message}`
    return TYPE_ID.test(userType) && templates.has(own) ? own : `messages/${message}`
  }

  return {
    languages: texts.languages,

    page(page, { csrf, language = parts.language, homeUrl }) {
      const sheets = ['latchkey.css']
      if (page.frame === 'cards') sheets.push('console.css')
      if (assets.has(BRAND_SHEET)) sheets.push(BRAND_SHEET)
      return draw('layout/document', { ...localsIn(language), csrf, homeUrl }, { page, sheets })
    },

    message(template, channel, model, language, userType = '') {
      const locals = localsIn(language)
      const parsed = messageModels[template].parse(model)
      const write = (kind: 'sms' | 'text' | 'html') =>
        draw(nameOf(`${template}.${kind}`, userType), locals, parsed)
      if (channel === 'sms') return { subject: null, text: write('sms').trim(), html: null }
      return {
        // A line break in a subject would begin another header.
        subject: oneLine(texts.in(language).t(messageSubjects[template], { product: brand.productName })),
        text: write('text'),
        html: write('html'),
      }
    },
  }
}

/** What every template of one language may name. `{{product}}` needs no value: it is always there. */
function localsOf(speech: Speech, { assets, brand, host, timeZone }: RenderParts): Locals {
  const product = brand.productName
  const t: Speech['t'] = (key, values) => speech.t(key, { product, ...values })
  const th: Speech['th'] = (key, values) =>
    speech.th(key, { product: html`<bdi>${product}</bdi>`, ...values })
  return {
    t,
    th,
    say: (said: Said) => {
      if ('key' in said) return t(said.key, said.values)
      const label = html`<bdi>${said.own}</bdi>`
      return said.optional ? th('field.optional', { label }) : label
    },
    html,
    attributes,
    times: createTimes(speech.dates, timeZone),
    time: (at: Date, shown: string) => html`<time datetime="${at.toISOString()}">${shown}</time>`,
    lasting: (seconds: number) =>
      seconds % 60 === 0
        ? t('duration.minutes', { count: seconds / 60 })
        : t('duration.seconds', { count: seconds }),
    asset: assets.url,
    brand,
    host,
    language: speech.language,
    direction: speech.direction,
  }
}
