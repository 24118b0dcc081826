/**
 * Who may import whom, as data. `docs/architecture.md` shows the same table and imports.test.ts compares the two;
 * a change is one deliberate step in both.
 */
export interface Row {
  /** Folders or files right below src/; `domain/*` and `journeys/*` mean each room in them. */
  readonly folders: readonly string[]
  /** What their files may import. */
  readonly values: readonly string[]
  /** What they may name by `import type` alone. */
  readonly types: readonly string[]
}

export const EVERYTHING = '*'

export const importTable: readonly Row[] = [
  { folders: ['lib', 'guard'], values: [], types: [] },
  { folders: ['http'], values: ['lib'], types: [] },
  {
    folders: ['domain/audit', 'domain/passwords', 'domain/progress'],
    values: ['lib'],
    types: [],
  },
  {
    folders: ['domain/keys', 'domain/revocations', 'domain/limits', 'domain/devices'],
    values: ['lib'],
    types: ['domain/audit'],
  },
  { folders: ['domain/delivery'], values: ['lib'], types: ['domain/audit', 'domain/limits'] },
  {
    folders: ['domain/otp'],
    values: ['lib'],
    types: ['domain/audit', 'domain/delivery', 'domain/limits'],
  },
  { folders: ['domain/user-types'], values: ['lib'], types: ['domain/audit', 'domain/revocations'] },
  {
    folders: ['domain/accounts'],
    values: ['lib', 'domain/user-types', 'domain/passwords'],
    types: ['domain/audit', 'domain/revocations', 'domain/delivery', 'domain/limits'],
  },
  {
    folders: ['domain/employees'],
    values: ['lib', 'domain/accounts', 'domain/user-types'],
    types: ['domain/audit', 'domain/revocations'],
  },
  {
    folders: ['domain/roles'],
    values: ['lib', 'domain/accounts', 'domain/user-types', 'domain/employees'],
    types: [],
  },
  { folders: ['oidc'], values: ['lib', 'domain/*'], types: [] },
  { folders: ['steps'], values: ['lib', 'domain/*', 'oidc'], types: [] },
  { folders: ['journeys/*'], values: ['lib', 'http', 'steps', 'oidc', 'domain/*'], types: [] },
  { folders: ['workers'], values: ['lib', 'domain/*', 'oidc'], types: [] },
  { folders: ['storage'], values: ['lib'], types: ['domain/*', 'oidc', 'workers'] },
  { folders: ['settings'], values: ['lib', 'domain/user-types', 'domain/limits'], types: [] },
  {
    folders: ['cli', 'composition', 'app.ts', 'main.ts', 'open-data.ts', 'run-server.ts', 'serve.ts'],
    values: [EVERYTHING],
    types: [],
  },
]

/** Folders without a door: each of their files is small and public. */
export const openFolders: readonly string[] = ['lib', 'http']

/** A contract stands beside its port and is run on every backend: it may name the bag of ports by `import type`. */
export const contractTypes: readonly string[] = ['storage']

/** Packages that one folder alone may import, by value or type. */
export const packageOwners: Readonly<Record<string, string>> = {
  'oidc-provider': 'oidc',
  'node:sqlite': 'storage',
  mongodb: 'storage',
  mongoose: 'storage',
  ioredis: 'storage',
  twilio: 'domain/delivery',
  resend: 'domain/delivery',
  nodemailer: 'domain/delivery',
}

/** The only folder that reads the environment, and the only files that read time and randomness. */
export const environmentReader = 'settings'
export const clockAndRandomFiles: readonly string[] = ['src/lib/clock.ts', 'src/lib/ids.ts']

/**
 * What is published for other programs, and the packages it may import beside Node's own modules. It stands alone, so
 * it has time and randomness of its own: nobody hands it a clock but the program that imports it.
 */
export const standsAlone: Readonly<Record<string, readonly string[]>> = { guard: ['jose'] }

/** The table as markdown, the way docs/architecture.md shows it. */
export function renderTable(rows: readonly Row[]): string {
  const lines = rows.map(({ folders, values, types }) => {
    const parts = [values.join(', '), types.length === 0 ? '' : `\`type\` ${types.join(', ')}`]
    const may = parts.filter((part) => part !== '').join('; ')
    return `| ${folders.join(', ')} | ${may === '' ? 'nothing of ours' : may === EVERYTHING ? 'everything' : may} |`
  })
  return ['| folder | may import |', '|---|---|', ...lines].join('\n')
}
