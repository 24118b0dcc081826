import { createRequire } from 'node:module'
import { z } from 'zod'
import { canonicalText } from '../../lib/canonical.ts'

/** A field of a user type: what is asked, what may be written there, how it shows in tokens. */

const scopeToken = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, 'must be a scope token (RFC 6749 §3.3)')

export const FIELD_KINDS = ['text', 'email', 'phone', 'date', 'choice', 'number', 'nationalId'] as const
export type FieldKind = (typeof FIELD_KINDS)[number]

/** Built in or spoken for: no field has such a name. */
const TAKEN_NAMES: ReadonlySet<string> = new Set([
  'email',
  'phone',
  'userId',
  'employeeId',
  'password',
  'role',
  'status',
])

/** What a token says by itself, or what a client relies on us for: no field may say it in its place. */
const TAKEN_CLAIMS: ReadonlySet<string> = new Set([
  ...[
    'iss',
    'sub',
    'aud',
    'exp',
    'nbf',
    'iat',
    'jti',
    'client_id',
    'scope',
    'cnf',
    'act',
    'may_act',
    'events',
  ],
  ...['auth_time', 'acr', 'amr', 'azp', 'nonce', 'sid', 'at_hash', 'c_hash', 's_hash', 'roles', 'user_type'],
  ...['email', 'email_verified', 'phone_number', 'phone_number_verified', 'updated_at'],
  ...['_claim_names', '_claim_sources', '__proto__', 'constructor', 'prototype'],
])

/** Every token has it or none, or an API of our own grants by it; the last are no names for JavaScript objects. */
const TAKEN_SCOPES: ReadonlySet<string> = new Set([
  ...['openid', 'offline_access', 'account', 'admin:read', 'admin:write'],
  ...['__proto__', 'constructor', 'prototype'],
])

/** A person's value is at most so long, whatever the field says: no pattern runs over more. */
export const LONGEST_VALUE = 1000
const LONGEST_PATTERN = 200
const DATE = /^\d{4}-\d{2}-\d{2}$/
const date = z.string().refine(isDate, 'must be a date, YYYY-MM-DD')

export const fieldSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-zA-Z][a-zA-Z0-9]{0,39}$/, 'must be letters and digits, a letter first, at most 40'),
    label: z.string().min(1).max(80),
    /** Stands between label and input. */
    hint: z.string().min(1).max(200).optional(),
    kind: z.enum(FIELD_KINDS),
    required: z.boolean().default(false),
    unique: z.boolean().default(false),
    sensitive: z.boolean().default(false),
    /** Of text, in code points. */
    minLength: z.int().min(1).max(LONGEST_VALUE).optional(),
    maxLength: z.int().min(1).max(LONGEST_VALUE).optional(),
    /** Of text: the whole value must match. */
    pattern: z.string().min(1).max(LONGEST_PATTERN).optional(),
    /** Of a choice. */
    choices: z
      .array(z.strictObject({ value: z.string().min(1).max(100), label: z.string().min(1).max(100) }))
      .min(1)
      .max(200)
      .readonly()
      .optional(),
    /** Of a number. */
    min: z.number().optional(),
    max: z.number().optional(),
    /** Of a date. */
    notBefore: date.optional(),
    notAfter: date.optional(),
    /** Of a national id. */
    scheme: z.enum(['aadhaar']).optional(),
    editableBy: z.enum(['person', 'admin']).default('admin'),
    /** The claim that shows it, in tokens whose scope has `scope`. */
    claim: z
      .string()
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, 'must be a name without spaces, at most 64 characters')
      .optional(),
    scope: scopeToken.optional(),
  })
  .superRefine((field, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (TAKEN_NAMES.has(field.name)) wrong('name', `must not be "${field.name}", which is built in`)
    for (const limit of Object.keys(LIMITS_OF).filter(isLimit)) {
      const kinds: readonly FieldKind[] = LIMITS_OF[limit]
      if (field[limit] !== undefined && !kinds.includes(field.kind)) {
        wrong(limit, `is for the kind ${kinds.join(' or ')}, is at a field of the kind ${field.kind}`)
      }
    }
    if (field.kind === 'choice' && field.choices === undefined) wrong('choices', 'is missing')
    const values = field.choices?.map(({ value }) => value) ?? []
    // What is typed is compared in canonical form: another could never be chosen.
    if (values.some((value) => canonicalText(value) !== value)) {
      wrong('choices', 'has a value with spaces or characters that cannot be seen; write it without')
    }
    if (new Set(values).size < values.length) wrong('choices', 'has a value twice; write each once')
    if (field.kind === 'nationalId' && field.scheme === undefined)
      wrong('scheme', 'is missing: write aadhaar')
    for (const [low, high] of [
      ['minLength', 'maxLength'],
      ['min', 'max'],
      ['notBefore', 'notAfter'],
    ] as const) {
      const [from, to] = [field[low], field[high]]
      if (from !== undefined && to !== undefined && from > to) wrong(low, `must not be above ${high}`)
    }
    const fault = field.pattern === undefined ? null : patternFault(field.pattern)
    if (fault !== null) wrong('pattern', fault)
    if (field.claim !== undefined && TAKEN_CLAIMS.has(field.claim)) {
      wrong('claim', `must not be "${field.claim}", which tokens have from elsewhere`)
    }
    if (field.claim?.startsWith('latchkey_')) wrong('claim', 'must not begin with latchkey_')
    if ((field.claim === undefined) !== (field.scope === undefined)) {
      wrong(field.claim === undefined ? 'claim' : 'scope', 'is missing: claim and scope go together')
    }
    if (field.scope !== undefined && TAKEN_SCOPES.has(field.scope)) {
      wrong('scope', `must not be "${field.scope}", which means something else`)
    }
  })
  .readonly()

export type FieldDefinition = z.output<typeof fieldSchema>

/** Which kinds a limit is for. */
const LIMITS_OF = {
  minLength: ['text'],
  maxLength: ['text'],
  pattern: ['text'],
  choices: ['choice'],
  min: ['number'],
  max: ['number'],
  notBefore: ['date'],
  notAfter: ['date'],
  scheme: ['nationalId'],
} as const satisfies Readonly<Record<string, readonly FieldKind[]>>

function isLimit(name: string): name is keyof typeof LIMITS_OF {
  return name in LIMITS_OF
}

/**
 * A pattern is run over what strangers type: one that backtracks without bound is refused when it is written, not
 * met when it is used (CWE-1333).
 */
function patternFault(pattern: string): string | null {
  try {
    // The expression that is run, not what was written: `(a+)+` only backtracks where the end is asked for.
    const { source } = compilePattern(pattern)
    const { safe } = detector().isSafePattern(source, { unicode: true, maxScore: 200, timeout: 1000 })
    return safe ? null : 'takes too long on some texts (it backtracks); write a simpler one'
  } catch {
    return 'is not a regular expression that can be checked; write a simpler one'
  }
}

/** Loaded by the first pattern: it has 2 MB, and most types have none. */
function detector(): typeof import('redos-detector') {
  return createRequire(import.meta.url)('redos-detector')
}

/** The whole value must match, and nothing of the value is kept between calls. */
export function compilePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u')
}

/** A day that the calendar has, YYYY-MM-DD. */
export function isDate(text: string): boolean {
  if (!DATE.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}
