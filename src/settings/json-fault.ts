const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end'

/** Line and column, from 1, of the first place where a text stops being JSON (RFC 8259); JSON.parse tells it rarely. */
export function findJsonFault(text: string): { line: number; column: number } {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  let at = 0
  for (;;) {
    TOKEN.lastIndex = at
    const match: RegExpExecArray | null = TOKEN.exec(text)
    if (match === null) break
    const next = after(expected, match[1] ?? (match[2] === undefined ? 'word' : 'text'), open)
    if (next === null) break
    at += match[0].length
    expected = next
  }
  const begin = at + (/^[ \t\r\n]*/.exec(text.slice(at))?.[0].length ?? 0)
  const lines = text.slice(0, begin).split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}

/** What may follow a token that is allowed where it stands, or null. Keeps what is open. */
function after(expected: Expected, token: string, open: ('{' | '[')[]): Expected | null {
  if (expected === ':') return token === ':' ? 'value' : null
  if (expected === ', or end') {
    if (token === ',' && open.length > 0) return open.at(-1) === '{' ? 'key' : 'value'
    return token === closing(open) ? close(open) : null
  }
  if (expected === 'key or }' && token === '}') return close(open)
  if (expected === 'key' || expected === 'key or }') return token === 'text' ? ':' : null
  if (expected === 'value or ]' && token === ']') return close(open)
  if (token === '{' || token === '[') {
    open.push(token)
    return token === '{' ? 'key or }' : 'value or ]'
  }
  return token === 'word' || token === 'text' ? ', or end' : null
}

function closing(open: readonly ('{' | '[')[]): '}' | ']' | null {
  const last = open.at(-1)
  if (last === undefined) return null
  return last === '{' ? '}' : ']'
}

function close(open: ('{' | '[')[]): Expected {
  open.pop()
  return ', or end'
}
