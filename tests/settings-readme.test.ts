import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { configSchemas, VARIABLES } from '../src/settings/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const section = /<!-- settings:begin -->([\s\S]*)<!-- settings:end -->/.exec(readme)?.[1] ?? ''
const rows = section.split('\n').filter((line) => line.startsWith('| `'))

describe('the settings in README', () => {
  it('are the variables there are: each, in order, with its default and meaning', () => {
    const expected = VARIABLES.map(({ name, secret, shown, meaning }) => {
      const names = secret === true ? `\`${name}\` or \`${name}_FILE\`` : `\`${name}\``
      return `| ${names} | ${shown} | ${meaning} |`
    })
    expect(rows.filter((row) => row.startsWith('| `LATCHKEY_'))).toEqual(expected)
  })

  it('show the default that is in force', () => {
    for (const { fallback, shown } of VARIABLES) {
      if (fallback !== null) expect(shown.replaceAll('`', '')).toBe(fallback)
    }
  })

  it('name each config file', () => {
    const files = rows.flatMap((row) => /^\| `([a-z-]+\.json)`/.exec(row)?.[1] ?? [])
    expect(files).toEqual([...configSchemas().keys()])
  })
})
