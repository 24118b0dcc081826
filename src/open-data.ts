import { type Audit, createAudit, systemOrigin } from './domain/audit/index.ts'
import { type Keys, openKeys } from './domain/keys/index.ts'
import type { Clock } from './lib/clock.ts'
import type { Random } from './lib/ids.ts'
import { resolveMasterKeys, type Settings } from './settings/index.ts'
import { openStorage, type Storage } from './storage/index.ts'

/** What the server and every command stand on: the store, its keys, the audit. */
export interface Data {
  readonly storage: Storage
  readonly keys: Keys
  readonly audit: Audit
}

/** Opens the data, and on the first start makes its keys and loads the user types. Throws StartRefused. */
export async function openData(settings: Settings, clock: Clock, random: Random): Promise<Data> {
  const masterKeys = resolveMasterKeys(settings.masterKeys, { random })
  const storage = await openStorage(settings.storage, { clock })
  try {
    const keys = await openKeys({ store: storage.keys, masterKeys, clock, random })
    const audit = createAudit({ store: storage.audit, keys: keys.dataKeys('audit'), clock, random })
    await loadUserTypes({ storage, keys, audit }, settings, clock, random)
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
