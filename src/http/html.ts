const MARKUP = Symbol('markup')

/**
 * Markup that stands in a page as it is. Only this file makes one, and its key is a symbol: nothing that came
 * in as JSON or as a form can pass for it.
 */
export interface Html {
  readonly [MARKUP]: string
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}

/** What every template puts its values through: text is escaped once, markup is left alone, nothing is ''. */
export function toMarkup(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (isHtml(value)) return value[MARKUP]
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

/** For what a template or the catalogue of texts says; never for a value that somebody typed. */
export function trusted(markup: string): Html {
  return { [MARKUP]: markup }
}

/** html`<bdi>${typed}</bdi>`: the markup is the author's, the values are escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return trusted(String.raw({ raw: parts }, ...values.map(toMarkup)))
}

/** ` name="value"` for each attribute that has a value; `true` stands alone, lists are joined by spaces. */
export function attributes(
  given: Readonly<Record<string, string | number | boolean | null | readonly string[]>>,
): Html {
  const written = Object.entries(given).map(([name, value]) => {
    if (value === null || value === false || (Array.isArray(value) && value.length === 0)) return ''
    if (value === true) return ` ${name}`
    return ` ${name}="${toMarkup(Array.isArray(value) ? value.join(' ') : value)}"`
  })
  return trusted(written.join(''))
}

function isHtml(value: unknown): value is Html {
  return typeof value === 'object' && value !== null && MARKUP in value
}
