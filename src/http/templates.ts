import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ejs from 'ejs'
import { toMarkup } from './html.ts'

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
  /** Runs `<name>.ejs`. */
  run(name: string, locals: Locals): string
  /** Is there a file `<name>.ejs`? Looked for once. */
  has(name: string): boolean
}

/**
 * EJS files below `folder`, compiled at their first use. Every value they put out is escaped, except in those
 * named `….text` and `….sms`, which are no markup.
 */
export function openTemplates(folder: string): Templates {
  const compiled = new Map<string, ejs.TemplateFunction>()
  const found = new Map<string, boolean>()

  function compile(name: string): ejs.TemplateFunction {
    const filename = join(folder, `${name}.ejs`)
    return ejs.compile(readFileSync(filename, 'utf8'), {
      filename,
      escape: /\.(text|sms)$/.test(name) ? String : toMarkup,
      strict: true,
      _with: false,
      destructuredLocals: [...LOCALS],
    })
  }

  return {
    run(name, locals) {
      const template = compiled.get(name) ?? compile(name)
      compiled.set(name, template)
      return template(locals)
    },
    has(name) {
      const there = found.get(name) ?? existsSync(join(folder, `${name}.ejs`))
      found.set(name, there)
      return there
    },
  }
}
