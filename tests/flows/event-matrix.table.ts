/**
 * What dies when something happens (product.md, Revocation): event-matrix.test.ts makes every event happen to somebody
 * who is signed in in two browsers at two applications, and holds docs/revocation.md to the table that this makes.
 */

/** What of the person's is dead afterwards. `grant`: of one application in one browser. */
export type Extent = 'none' | 'this' | 'others' | 'all' | 'client' | 'grant' | 'token'

export const COLUMNS = ['sessions', 'refreshTokens', 'accessTokens', 'devices', 'told'] as const
export type Column = (typeof COLUMNS)[number]

export type Cells = Readonly<Record<Column, Extent>>

const EVERYTHING: Cells = {
  sessions: 'all',
  refreshTokens: 'all',
  accessTokens: 'all',
  devices: 'all',
  told: 'all',
}
const ALL_BUT_THIS: Cells = { ...EVERYTHING, sessions: 'others', refreshTokens: 'others', told: 'others' }
const NOTHING: Cells = {
  sessions: 'none',
  refreshTokens: 'none',
  accessTokens: 'none',
  devices: 'none',
  told: 'none',
}
const TOKENS: Cells = { ...NOTHING, accessTokens: 'all' }
const CLIENT: Cells = { ...NOTHING, refreshTokens: 'client', accessTokens: 'client', told: 'client' }
const GRANT: Cells = { ...NOTHING, refreshTokens: 'grant', accessTokens: 'grant' }
const SESSION: Cells = {
  ...NOTHING,
  sessions: 'this',
  refreshTokens: 'this',
  accessTokens: 'this',
  told: 'this',
}

export const EVENTS = {
  'sign out': SESSION,
  'sign out everywhere': EVERYTHING,
  'sign out everywhere by an administrator': EVERYTHING,
  deactivate: EVERYTHING,
  disable: EVERYTHING,
  delete: EVERYTHING,
  'password reset': EVERYTHING,
  'password change': ALL_BUT_THIS,
  'contact changed': ALL_BUT_THIS,
  'contact removed': ALL_BUT_THIS,
  'role changed': TOKENS,
  'user type changed': TOKENS,
  'employee record ended': TOKENS,
  'employee claim released': TOKENS,
  'client disabled': CLIENT,
  'client disabled and enabled again': CLIENT,
  'client revoked by an administrator': CLIENT,
  'session revoked by an administrator': SESSION,
  'grant revoked by an administrator': GRANT,
  'access token revoked by its client': GRANT,
  'refresh token revoked by its client': GRANT,
  'access token revoked by its id': { ...NOTHING, accessTokens: 'token' },
  'refresh token reused after its grace': GRANT,
  'authorization code reused': GRANT,
} as const satisfies Record<string, Cells>

export type EventName = keyof typeof EVENTS

const TITLES: Readonly<Record<Column, string>> = {
  sessions: 'sessions',
  refreshTokens: 'refresh tokens',
  accessTokens: 'issued access tokens',
  devices: 'trusted devices',
  told: 'clients told (back-channel)',
}

const OF_TOKENS: Readonly<Record<Extent, string>> = {
  none: 'kept',
  this: 'those of the session',
  others: 'all others',
  all: 'all',
  client: 'the client’s',
  grant: 'its grant’s',
  token: 'that one',
}

const WORDS: Readonly<Record<Column, Readonly<Record<Extent, string>>>> = {
  sessions: { ...OF_TOKENS, this: 'this one' },
  refreshTokens: OF_TOKENS,
  accessTokens: OF_TOKENS,
  devices: OF_TOKENS,
  told: {
    ...OF_TOKENS,
    none: 'no',
    this: 'of this session',
    others: 'of ended sessions',
    client: 'the client',
  },
}

/** What a cell says, in the documentation and in the name of its test. */
export function wordsOf(column: Column, extent: Extent): string {
  return WORDS[column][extent]
}

export function titleOf(column: Column): string {
  return TITLES[column]
}

/** The table as the documentation shows it. */
export function matrixAsMarkdown(): string {
  const rows = Object.entries(EVENTS).map(([event, cells]) =>
    line(event, ...COLUMNS.map((column) => wordsOf(column, cells[column]))),
  )
  return [line('event', ...COLUMNS.map(titleOf)), `|${'---|'.repeat(COLUMNS.length + 1)}`, ...rows].join('\n')
}

function line(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
