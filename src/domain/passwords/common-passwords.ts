import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const LIST = '@zxcvbn-ts/language-common/src/passwords.json'

/** Sorted, one a line, a line break at both ends: one string of 0.4 MB where a Set of the same takes 4 MB. */
let sortedLines: string | null = null

/** Is this, in lower case, one of the 49 000 most common passwords? The list is read when first asked. */
export function isListed(password: string): boolean {
  sortedLines ??= readList()
  let low = 0
  let high = sortedLines.length - 1
  while (low < high) {
    const start = sortedLines.lastIndexOf('\n', (low + high) >> 1)
    const end = sortedLines.indexOf('\n', start + 1)
    const line = sortedLines.slice(start + 1, end)
    if (line === password) return true
    if (line < password) low = end
    else high = start
  }
  return false
}

/** How many different passwords it has. */
export function countListed(): number {
  sortedLines ??= readList()
  return new Set(sortedLines.trim().split('\n')).size
}

/** The file itself, not the package's module: that would keep its list and its keyboards in memory for good. */
function readList(): string {
  const path = createRequire(import.meta.url).resolve(LIST)
  const list: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (!Array.isArray(list)) throw new TypeError(`${LIST} holds no list.`)
  return `\n${list.map(String).sort().join('\n')}\n`
}
