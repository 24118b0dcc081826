import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ejs from 'ejs'
import { type Html, toMarkup, trusted } from './html.ts'

/** What a template may name, whichever it is; one that was not handed in is undefined. */
const LOCALS = [
  'model',
  'part',
  't',
  'th',
  'say',
  'html',
  'attributes',
  'time',
  'times',
  'lasting',
  'asset',
  'brand',
  'csrf',
  'homeUrl',
  'host',
  'language',
  'direction',
] as const

export type Locals = Readonly<Partial<Record<(typeof LOCALS)[number], unknown>>>

export interface Templates {
  /** Runs `<name>.ejs` as markup: every value it puts out is escaped. */
  markup(name: string, locals: Locals): Html
  /** Runs it as plain text, for a message without markup. */
  text(name: string, locals: Locals): string
}

/** EJS files below `folder`, compiled at their first use. */
export function openTemplates(folder: string): Templates {
  const compiled = new Map<string, ejs.TemplateFunction>()

  function compile(name: string, asOutput: (value: unknown) => string): ejs.TemplateFunction {
    const known = compiled.get(name)
    if (known) return known
    const filename = join(folder, `${name}.ejs`)
    const template = ejs.compile(readFileSync(filename, 'utf8'), {
      filename,
      escape: asOutput,
      strict: true,
      _with: false,
      destructuredLocals: [...LOCALS],
    })
    compiled.set(name, template)
    return template
  }

  return {
    markup: (name, locals) => trusted(compile(name, toMarkup)(locals)),
    text: (name, locals) => compile(name, String)(locals),
  }
}
