import type { z } from 'zod'

/**
 * Zod's issues in our words: what must be written, and what is. A schema's own message goes before. Only short
 * values that nobody keeps secret are repeated: numbers, booleans, and words where a choice was asked for.
 */
export function sayIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'is missing'
        : `must be ${named(issue.expected)}${shown(issue.input)}`
    case 'invalid_value':
      return `must be ${either(issue.values)}${shown(issue.input, 40)}`
    case 'too_small':
      return `must ${bound(issue.origin, 'at least', issue.minimum)}${shown(issue.input)}`
    case 'too_big':
      return `must ${bound(issue.origin, 'at most', issue.maximum)}${shown(issue.input)}`
    case 'unrecognized_keys':
      return `has ${issue.keys.map((key) => `"${key}"`).join(', ')}, which is not known here`
    case 'invalid_format':
      return `must match ${issue.pattern ?? issue.format}`
    default:
      return 'is not of the form that is asked for'
  }
}

function named(type: string): string {
  if (type === 'int') return 'a whole number'
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`
}

function either(values: readonly unknown[]): string {
  const words = values.map(String)
  const last = words.pop() ?? ''
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`
}

function bound(origin: string, side: 'at least' | 'at most', limit: number | bigint): string {
  if (origin === 'string') return `have ${side} ${limit} characters`
  if (origin === 'array') return `have ${side} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  return `be ${side} ${limit}`
}

function shown(input: unknown, longestText = 0): string {
  if (typeof input === 'number' || typeof input === 'boolean') return `, is ${input}`
  if (typeof input === 'string' && input.length <= longestText) return `, is "${input}"`
  return ''
}
