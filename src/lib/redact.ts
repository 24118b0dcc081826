/** What must never be read in a log or an audit record: told by the name it stands under, and by its shape. */

/** Compared in lower case without hyphens and underscores: `set-cookie`, `clientSecret`, `refresh_token`. */
const SECRET_KEYS = new Set([
  'assertion',
  'authsession',
  'clientassertion',
  'code',
  'authorizationcode',
  'onetimecode',
  'codemac',
  'codehash',
  'codeverifier',
  'csrf',
  'dpop',
  'jwt',
  'masterkey',
  'masterkeys',
  'otp',
  'passwordhash',
  'pepper',
  'privatejwk',
  'privatekey',
  'apikey',
])
const SECRET_ENDINGS = [
  'password',
  'passphrase',
  'secret',
  'token',
  'tokens',
  'cookie',
  'cookies',
  'authorization',
]

const REDACTED = '[redacted]'
const DEEPEST = 6
const MOST_ENTRIES = 100
const LONGEST_TEXT = 8192

/** A dotted run that may hold a JWT. The look-behind lets a run begin once, so the time stays linear. */
const DOTTED_RUN = /(?<![\w-])[\w-]+(?:\.[\w-]*){2,}/g
const AUTHORIZATION = /\b(Bearer|DPoP|Basic)[ \t]{1,4}[\w.~+/=-]{16,}/gi
const PAIR = /(^|[?&#;\s"'])([\w.~%-]{1,64})=([^&#;\s"'<>]+)/g
const CODE = /^\d{6,10}$/
/** The stable name of an error, such as ECONNREFUSED or wrong_code, is no secret. */
const ERROR_CODE = /^(?:[A-Z][A-Z0-9]{2,20}(?:_[A-Z0-9]{1,20}){0,5}|[a-z]{2,20}(?:_[a-z]{1,20}){0,5})$/

/** Does a value under this name have to stay out of logs and records? */
export function isSecretKey(key: string): boolean {
  const plain = key.toLowerCase().replace(/[-_]/g, '')
  return SECRET_KEYS.has(plain) || SECRET_ENDINGS.some((ending) => plain.endsWith(ending))
}

/** The text without tokens, authorization headers, secret parameters and codes in a query. */
export function scrub(text: string): string {
  const bounded = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
  return bounded
    .replace(DOTTED_RUN, withoutJwt)
    .replace(AUTHORIZATION, `$1 ${REDACTED}`)
    .replace(PAIR, (pair: string, before: string, name: string, value: string) => {
      const code = (before === '?' || before === '&') && CODE.test(value)
      return code || isSecretKey(name) ? `${before}${name}=${REDACTED}` : pair
    })
}

/** A copy of the fields that may be logged: secrets replaced, bytes counted, errors as fields, all of it bounded. */
export function redactFields(fields: object): Record<string, unknown> {
  return fieldsOf(fields, 0)
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrub(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEEPEST) return '[deeper]'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (value instanceof URL) return scrub(value.href)
  // Bytes are keys, hashes or ciphertext; none of them helps a reader.
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map((item) => redact(item, depth + 1))
  if (value instanceof Error) return redactError(value, depth)
  return fieldsOf(value, depth)
}

function fieldsOf(value: object, depth: number): Record<string, unknown> {
  const fields = Object.entries(value).slice(0, MOST_ENTRIES)
  return Object.fromEntries(
    fields.map(([key, field]) => [key, isSecretKey(key) ? REDACTED : redact(field, depth + 1)]),
  )
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const fields = fieldsOf(error, depth)
  if ('code' in error && typeof error.code === 'string' && ERROR_CODE.test(error.code)) {
    fields['code'] = error.code
  }
  const { name, message, stack, cause } = error
  return {
    ...fields,
    name,
    message: scrub(message),
    ...(stack !== undefined && { stack: scrub(stack) }),
    ...(cause !== undefined && { cause: redact(cause, depth + 1) }),
    ...(error instanceof AggregateError && { errors: redact(error.errors, depth + 1) }),
  }
}

function withoutJwt(run: string): string {
  // Every JWT begins with the base64url of `{"`.
  const start = run.indexOf('eyJ')
  if (start < 0) return run
  const dots = run.slice(start).split('.').length - 1
  return dots < 2 ? run : run.slice(0, start) + REDACTED
}
