import { decodeJwt, decodeProtectedHeader } from 'jose'

/** A piece of a shown value; marked where it is what an API decides by. */
export interface Piece {
  readonly text: string
  readonly isMarked: boolean
}

export interface ClaimRow {
  readonly name: string
  readonly value: readonly Piece[]
  readonly meaning: string
  /** The row stands out: roles and user type. */
  readonly isLit: boolean
}

export type TokenKind = 'access' | 'id'

type Meaning = (value: unknown, kind: TokenKind) => string

/** What a claim tells; a claim without an entry is shown without words. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['iss', () => 'Latchkey, who says so'],
  ['sub', () => 'the account'],
  ['aud', (_, kind) => (kind === 'id' ? 'this application' : 'the one API it is for')],
  ['client_id', () => 'who may send it'],
  ['roles', () => 'what the API decides by'],
  ['user_type', () => 'the kind of account'],
  ['scope', () => 'what was asked for'],
  ['exp', (value) => `valid until ${showTime(value)}`],
  ['iat', (value) => `made at ${showTime(value)}`],
  ['auth_time', (value) => `signed in at ${showTime(value)}`],
  ['nonce', () => 'ties it to this browser'],
  ['acr', (value) => ACR_STEPS.get(value)?.meaning ?? 'how sure the sign-in is'],
  ['amr', () => 'the steps really done'],
  ['sid', () => 'dies when this session ends'],
  ['jti', () => 'its own number, for revocation'],
  ['at_hash', () => 'ties it to the access token'],
  ['latchkey_grant', () => 'what this application was given'],
  ['latchkey_rv', () => 'what the revocation feed may list'],
  ['name', () => 'from scope profile'],
  ['email', () => 'from scope email'],
  ['email_verified', showVerified],
  ['phone_number', () => 'from scope phone'],
  ['phone_number_verified', showVerified],
])

const LIT = new Set(['roles', 'user_type'])

/** The authentication classes of Latchkey, as steps and as the end of "signed you in with …". */
const ACR_STEPS: ReadonlyMap<unknown, { readonly meaning: string; readonly spoken: string }> = new Map([
  [
    'urn:latchkey:acr:password-sms',
    { meaning: 'password, then a code by SMS', spoken: 'with your password and a code by SMS' },
  ],
  [
    'urn:latchkey:acr:password-email',
    { meaning: 'password, then a code by email', spoken: 'with your password and a code by email' },
  ],
  ['urn:latchkey:acr:code', { meaning: 'a code alone', spoken: 'with a code' }],
  ['urn:latchkey:acr:password', { meaning: 'a password, on a known device', spoken: 'with your password' }],
])

/** The rows of a token's table, known claims first; null for a token that is no JWT and tells nothing. */
export function readToken(token: string, kind: TokenKind): readonly ClaimRow[] | null {
  const decoded = decode(token)
  if (decoded === null) return null
  const rows = readClaims(decoded.claims, kind)
  return kind === 'id' || decoded.typ === undefined ? rows : [typRow(decoded.typ), ...rows]
}

/** The same for claims that came as JSON, such as userinfo. */
export function readClaims(claims: Readonly<Record<string, unknown>>, kind: TokenKind): readonly ClaimRow[] {
  const known = [...MEANINGS.keys()].filter((name) => Object.hasOwn(claims, name))
  const others = Object.keys(claims).filter((name) => !known.includes(name))
  return [...known, ...others].map((name) => ({
    name,
    value: name === 'roles' ? markEach(claims[name]) : [plain(show(claims[name]))],
    meaning: MEANINGS.get(name)?.(claims[name], kind) ?? '',
    isLit: LIT.has(name),
  }))
}

/** Whom the page greets, and how they signed in; null for what the ID token does not say. */
export interface Greeting {
  readonly name: string | null
  readonly at: string | null
  readonly how: string | null
}

export function readGreeting(idToken: string): Greeting {
  const claims = decode(idToken)?.claims ?? {}
  const { name, auth_time: at, acr } = claims
  return {
    name: typeof name === 'string' ? name : null,
    at: typeof at === 'number' ? showTime(at) : null,
    how: ACR_STEPS.get(acr)?.spoken ?? null,
  }
}

interface Decoded {
  readonly typ: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
}

/** Reads without verifying: the ID token was verified when it came, the access token is the API's to verify. */
function decode(token: string): Decoded | null {
  try {
    return { typ: decodeProtectedHeader(token).typ, claims: decodeJwt(token) }
  } catch {
    return null
  }
}

function typRow(typ: string): ClaimRow {
  const meaning = typ === 'at+jwt' ? 'header: an access token (RFC 9068)' : 'header: the kind of token'
  return { name: 'typ', value: [plain(typ)], meaning, isLit: false }
}

function markEach(value: unknown): readonly Piece[] {
  if (!Array.isArray(value) || value.length === 0) return [plain(show(value))]
  const marked = value.flatMap((role, index) => [plain(index === 0 ? '["' : '","'), mark(String(role))])
  return [...marked, plain('"]')]
}

const plain = (text: string): Piece => ({ text, isMarked: false })
const mark = (text: string): Piece => ({ text, isMarked: true })

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function showVerified(value: unknown): string {
  return value === true ? 'a code was entered for it' : 'no code was entered for it yet'
}

/** The clock time of a NumericDate, in UTC; anything else as it is. */
function showTime(value: unknown): string {
  const at = typeof value === 'number' ? new Date(value * 1000) : null
  if (at === null || Number.isNaN(at.getTime())) return show(value)
  return `${at.toISOString().slice(11, 19)} UTC`
}
