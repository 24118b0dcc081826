import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { AUDIT_EVENTS } from '../../src/domain/audit/index.ts'

const root = join(import.meta.dirname, '../..')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...list('docs', { recursive: true })
    .filter((file) => file.endsWith('.md') && !file.endsWith('template.md'))
    .map((file) => `docs/${file}`),
]

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

function list(folder: string, options: { readonly recursive?: boolean } = {}): string[] {
  return readdirSync(join(root, folder), { encoding: 'utf8', ...options })
}

/** A path of the repository in backticks, and the names after it that are said to stand in it. */
const NAMED = /`((?:src|tests|views|config|examples|docs)\/[\w./-]+)`((?:\s+`\w+`)*)/g

describe.each(pages)('%s', (page) => {
  it('names files that exist, and what stands in them', () => {
    const wrong = [...read(page).matchAll(NAMED)].flatMap(([, path = '', names = '']) => {
      if (!existsSync(join(root, path))) return [path]
      const wanted = names.match(/\w+/g) ?? []
      const source = wanted.length > 0 ? read(path) : ''
      return wanted
        .filter((name) => !new RegExp(`\\b${name}\\b`).test(source))
        .map((name) => `${path} ${name}`)
    })
    expect(wrong).toEqual([])
  })

  it('links to pages that exist', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link)
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([])
  })
})

describe('the tree in docs/architecture.md', () => {
  const drawn = pathsOf(read('docs/architecture.md').split('## The tree')[1]?.split('```')[1] ?? '')

  it('shows what exists', () => {
    expect(drawn.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('shows every room', () => {
    const folders = ['src', 'src/domain', 'src/journeys', 'src/storage'].flatMap((parent) =>
      readdirSync(join(root, parent), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${parent}/${name}/`),
    )
    expect(folders.filter((folder) => !drawn.includes(folder))).toEqual([])
  })

  /** One path a line, two spaces for each folder that it lies in. */
  function pathsOf(tree: string): string[] {
    const above: string[] = []
    return tree.split('\n').flatMap((line) => {
      const [, indent = '', name] = /^( *)(\S+)/.exec(line) ?? []
      if (name === undefined) return []
      above.length = indent.length / 2
      above.push(name)
      return [above.join('')]
    })
  }
})

describe('the records in docs/decisions', () => {
  it('are all in the list, in order', () => {
    const files = list('docs/decisions').filter((file) => /^\d{4}-/.test(file))
    const listed = [...read('docs/decisions/README.md').matchAll(/\]\((\d{4}-[^)]+)\)/g)].map(
      ([, file]) => file,
    )
    expect(listed).toEqual(files.sort())
  })

  it('are numbered without a gap, by their titles too', () => {
    const files = list('docs/decisions').filter((file) => /^\d{4}-/.test(file))
    files.sort().forEach((file, index) => {
      const number = String(index + 1).padStart(4, '0')
      expect(file.slice(0, 4)).toBe(number)
      expect(read(`docs/decisions/${file}`)).toMatch(new RegExp(`^# ${number} `))
    })
  })
})

describe('the events in docs/audit.md', () => {
  it('are those that the code knows, each with its sentence', () => {
    const rows = read('docs/audit.md').match(/^\| `[a-z-]+\.[a-z-]+` \| .* \|$/gm)
    expect(rows).toEqual(
      Object.entries(AUDIT_EVENTS).map(([name, sentence]) => `| \`${name}\` | ${sentence} |`),
    )
  })
})
