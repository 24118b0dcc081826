import { createReadStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Audit, createAudit, systemOrigin } from './domain/audit/index.ts'
import { type KeySchedule, type Keys, openKeys } from './domain/keys/index.ts'
import type { Clock } from './lib/clock.ts'
import { systemErrorCode } from './lib/error-code.ts'
import { StartRefused } from './lib/errors.ts'
import type { Random } from './lib/ids.ts'
import { resolveMasterKeys, type Settings } from './settings/index.ts'
import { createImportEmployees } from './steps/index.ts'
import { openStorage, type Storage } from './storage/index.ts'

/** What the server and every command stand on: the store, its keys, the audit. */
export interface Data {
  readonly storage: Storage
  readonly keys: Keys
  readonly audit: Audit
}

const SAMPLE = 'employees.csv'

/**
 * Opens the data, and on the first start makes its keys and loads the user types, in development a sample of the
 * register too. Throws StartRefused.
 */
export async function openData(
  settings: Settings,
  clock: Clock,
  random: Random,
  schedule?: KeySchedule,
): Promise<Data> {
  const masterKeys = resolveMasterKeys(settings.masterKeys, { random })
  const storage = await openStorage(settings.storage, { clock })
  try {
    const keys = await openKeys({ store: storage.keys, masterKeys, clock, random, schedule })
    const audit = createAudit({ store: storage.audit, keys: keys.dataKeys('audit'), clock, random })
    await loadUserTypes({ storage, keys, audit }, settings, clock, random)
    await loadSampleEmployees({ storage, keys, audit }, settings, clock, random)
    return { storage, keys, audit }
  } catch (error) {
    await storage.close()
    throw error
  }
}

/** From the file on the first start; what the store has already is its own. */
async function loadUserTypes({ storage, audit }: Data, settings: Settings, clock: Clock, random: Random) {
  const known = new Set((await storage.userTypes.list()).map(({ type }) => type.id))
  const fresh = settings.userTypes.filter((type) => !known.has(type.id))
  if (fresh.length === 0) return
  const records = fresh.map((type) =>
    audit.entry({
      ...systemOrigin('start', null, random),
      event: 'user-type.loaded',
      outcome: 'success',
      subject: { kind: 'user-type', id: type.id },
    }),
  )
  await storage.userTypes.keep(fresh, clock.now(), await Promise.all(records))
}

/** So that somebody who tries it out can sign up as a judge. Where the file is missing there is no sample. */
async function loadSampleEmployees(
  { storage, audit }: Data,
  settings: Settings,
  clock: Clock,
  random: Random,
): Promise<void> {
  const file = join(settings.configDir, SAMPLE)
  const isBuiltIn = settings.register.kind === 'built-in'
  if (settings.mode === 'production' || !isBuiltIn || !existsSync(file)) return
  if ((await storage.employees.list(null, 1)).length > 0) return
  const load = createImportEmployees({
    store: storage.employees,
    isBuiltIn,
    audit,
    phoneRegion: settings.pages.phoneRegion,
    clock,
    random,
  })
  const origin = systemOrigin('start', null, random)
  const loaded = await load(createReadStream(file), 'into-empty', origin).catch((cause: unknown) => {
    const code = systemErrorCode(cause)
    if (code === null) throw cause
    throw new StartRefused(`${SAMPLE}: cannot read ${file} (${code}); mend or remove it`, { cause })
  })
  if (loaded.kind !== 'refused') return
  const lines = loaded.problems.map(
    ({ row, column, message }) => `${SAMPLE}, row ${row}${column ? `, ${column}` : ''}: ${message}`,
  )
  throw new StartRefused(['Latchkey cannot start: the sample of employees is wrong.', ...lines].join('\n'))
}
