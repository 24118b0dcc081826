import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { aFutureMigration } from '../../tests/support/future-migration.ts'
import { anAccount, anArtifact, anAuditEntry, at, NOON } from '../../tests/support/records.ts'
import { sealRecords, verifyRecords } from '../domain/audit/index.ts'
import { openKeys } from '../domain/keys/index.ts'
import { openIssuerGeneration } from '../domain/revocations/index.ts'
import { systemRandom as random } from '../lib/ids.ts'
import { openStorage, prepareRestore, type Storage } from '../storage/index.ts'
import { openConnection } from '../storage/sqlite/connection.ts'
import { MIGRATIONS } from '../storage/sqlite/migrations/index.ts'
import { backup, restore } from './backup.ts'

const clock = { now: () => NOON }
const MAIN = join(import.meta.dirname, 'main.ts')
/** Usually called nobody: root may write anywhere. */
const NOBODY = 65_534
const ENDLESS_WRITER = join(import.meta.dirname, '..', '..', 'tests', 'support', 'endless-writer.ts')
const OURS = Buffer.from('pT3v0n1sLxq8Zk5rJ2mWc7yB4dH6fA9eUgQoVtNiKhE', 'base64url')
const OTHERS = Buffer.from('aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB4c', 'base64url')

let folder: string
let file: string
let copy: string
const opened: Storage[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
  file = join(folder, 'latchkey.db')
  copy = join(folder, 'copy.db')
})

afterEach(async () => {
  await closeAll()
  rmSync(folder, { recursive: true })
})

async function open(path = file): Promise<Storage> {
  const storage = await openStorage({ driver: 'sqlite', file: path }, { clock })
  opened.push(storage)
  return storage
}

async function closeAll(): Promise<void> {
  for (const storage of opened.splice(0)) await storage.close()
}

function keysOf(storage: Storage, key = OURS) {
  return openKeys({ store: storage.keys, masterKeys: [{ key }], clock, random })
}

/** The store of a server that ran and was stopped. */
async function fill(): Promise<Storage> {
  const storage = await open()
  const keys = await keysOf(storage)
  await storage.audit.append([anAuditEntry(), anAuditEntry()])
  await sealRecords({ store: storage.audit, keys: keys.dataKeys('audit'), clock, limit: 100 })
  return storage
}

function parts(masterKey = OURS) {
  const keys = [{ reveal: () => masterKey.toString('base64url') }]
  const masterKeys = { from: 'environment', keys, file: null } as const
  return { settings: { storage: { driver: 'sqlite', file }, masterKeys }, clock, random } as const
}

async function run(command: typeof backup | typeof restore, args: readonly string[], masterKey = OURS) {
  const lines: string[] = []
  const code = await command(parts(masterKey), args, (line) => lines.push(line))
  return { code, text: lines.join('\n') }
}

const files = () => readdirSync(folder).sort()

describe('backup', () => {
  it('copies a store that is in use, for its owner alone, and says how', async () => {
    await fill()
    expect(await run(backup, [copy, '--json'])).toEqual({
      code: 0,
      text: JSON.stringify({ file: copy, takenAt: NOON, bytes: statSync(copy).size }),
    })
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    expect(files().filter((name) => name.startsWith('copy'))).toEqual(['copy.db'])
    expect(await (await open(copy)).audit.listSealed(0, 10)).toHaveLength(2)
  })

  it('is of one moment while another process writes without end', async () => {
    await fill()
    const writer = spawn(process.execPath, [ENDLESS_WRITER, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(writer.stdout, 'data')
      await run(backup, [copy])
    } finally {
      writer.kill('SIGKILL')
      await once(writer, 'exit')
    }
    const copied = await open(copy)
    const records = await copied.audit.listUnsealed(100_000)
    expect(records.length).toBeGreaterThan(0)
    for (const { subjectId } of records) expect(await copied.accounts.find(subjectId ?? '')).not.toBeNull()
  })

  it('writes over nothing', async () => {
    await fill()
    writeFileSync(copy, 'precious')
    await expect(run(backup, [copy])).rejects.toThrow('it is there already')
    expect(readFileSync(copy, 'utf8')).toBe('precious')
  })

  it('of nothing, or to nowhere, is refused and leaves nothing', async () => {
    await expect(run(backup, [copy])).rejects.toThrow('There is no store')
    await fill()
    await expect(run(backup, [join(folder, 'none', 'copy.db')])).rejects.toThrow('cannot be made')
    expect(files().some((name) => name.startsWith('copy'))).toBe(false)
    expect((await run(backup, [])).code).toBe(2)
  })
})

describe('restore', () => {
  it('puts the data back, keeps the former store, and can be undone', async () => {
    const before = await fill()
    await run(backup, [copy])
    const later = anAccount()
    await before.accounts.insert(later, [], { audit: [] })
    await closeAll()

    const told = await run(restore, [copy, '--json'])
    const { takenAt, former } = JSON.parse(told.text)
    expect([told.code, takenAt]).toEqual([0, NOON.toISOString()])
    expect(files()).toEqual(['copy.db', 'latchkey.db', former.slice(folder.length + 1)])
    for (const name of files()) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
    expect(await (await open()).accounts.find(later.id)).toBeNull()
    await closeAll()

    await run(restore, [former])
    expect(await (await open()).accounts.find(later.id)).toEqual(later)
  })

  it('works where there is no store yet', async () => {
    await fill()
    await run(backup, [copy])
    await closeAll()
    for (const name of files()) if (name !== 'copy.db') rmSync(join(folder, name))
    expect(JSON.parse((await run(restore, [copy, '--json'])).text)).toMatchObject({ former: null })
    expect(await (await open()).audit.listSealed(0, 10)).toHaveLength(2)
  })

  it('draws another generation each time, and nothing of before is found', async () => {
    const before = await fill()
    const first = await openIssuerGeneration(before.revocations, random)
    const session = anArtifact({ model: 'Session', uid: 'u', issuerGeneration: first })
    const unstamped = anArtifact()
    await before.artifacts.save(session)
    await before.artifacts.save(unstamped)
    await before.devices.remember(
      {
        idHash: Buffer.alloc(32, 7),
        accountId: 'acc_1',
        accountGeneration: 0,
        label: null,
        createdAt: NOON,
        lastSeenAt: NOON,
        expiresAt: at(60),
      },
      [],
    )
    await run(backup, [copy])
    await closeAll()
    const generations = [first]
    for (const _time of ['once', 'again']) {
      await run(restore, [copy])
      const storage = await open()
      generations.push(await openIssuerGeneration(storage.revocations, random))
      for (const { model, id } of [session, unstamped]) {
        expect(await storage.artifacts.find(model, id, NOON)).toBeNull()
      }
      expect(await storage.devices.find(Buffer.alloc(32, 7), NOON)).toBeNull()
      await closeAll()
    }
    expect(new Set(generations).size).toBe(3)
  })

  it('leaves the audit chain whole, with a record of itself, and a head kept from later shows it', async () => {
    const before = await fill()
    await run(backup, [copy])
    await before.audit.append([anAuditEntry()])
    const audit = (await keysOf(before)).dataKeys('audit')
    await sealRecords({ store: before.audit, keys: audit, clock, limit: 100 })
    const kept = await before.audit.head()
    await closeAll()
    await run(restore, [copy])
    const after = await open()
    const [entry] = await after.audit.listUnsealed(10)
    expect(JSON.parse(entry?.body ?? '')).toMatchObject({
      event: 'data.restored',
      details: { takenAt: NOON.toISOString() },
    })
    await sealRecords({ store: after.audit, keys: audit, clock, limit: 100 })
    expect(await verifyRecords({ store: after.audit, keys: audit, kept: null })).toMatchObject({ ok: true })
    expect(await verifyRecords({ store: after.audit, keys: audit, kept })).toMatchObject({
      ok: false,
      problems: [{ kind: 'kept-head-not-in-chain' }],
    })
  })

  it('is refused while anybody has the store open', async () => {
    const before = await fill()
    await run(backup, [copy])
    await expect(run(restore, [copy])).rejects.toThrow('is in use. Stop every server')
    expect(await before.audit.listSealed(0, 10)).toHaveLength(2)
    expect(files().filter((name) => /before|restoring/.test(name))).toEqual([])
  })

  it('refuses a server that starts meanwhile: it would go on with the former store', async () => {
    await fill()
    await run(backup, [copy])
    await closeAll()
    const { settings } = parts()
    const prepared = await prepareRestore(settings.storage, copy, clock)
    const opening = open().catch((error: Error) => error.message)
    await wait(120)
    await prepared.finish('another', NOON, [])
    expect(await opening).toContain('was replaced by another while it was opened. Start again.')
    expect(files().some((name) => /-wal|-shm/.test(name))).toBe(false)
    expect(await (await open()).audit.listSealed(0, 10)).toHaveLength(2)
  })

  describe('is refused, and the store is as it was,', () => {
    const refusals: [string, string, () => void | Promise<void>][] = [
      ['where there is no backup', 'There is no backup', () => rmSync(copy)],
      ['where the backup was never finished', 'is empty', () => truncateSync(copy)],
      ['where the backup was cut', 'damaged', () => truncateSync(copy, 40_960)],
      ['where it is no backup at all', 'no SQLite database', () => writeFileSync(copy, 'x'.repeat(5000))],
      [
        'where a newer version must read it',
        'newer Latchkey',
        async () => {
          const future = { ...aFutureMigration(99), number: 99 }
          const migrations = [...MIGRATIONS, future]
          ;(await openConnection(copy, { migrations, busyTimeoutMs: 100, now: NOON })).close()
        },
      ],
    ]
    it.each(refusals)('%s', async (_what, message, harm) => {
      await fill()
      await run(backup, [copy])
      await closeAll()
      await harm()
      const before = readFileSync(file)
      await expect(run(restore, [copy])).rejects.toThrow(message)
      expect(readFileSync(file).equals(before)).toBe(true)
      expect(files().filter((name) => /before|restoring/.test(name))).toEqual([])
    })

    it('where the master keys do not belong to it', async () => {
      await fill()
      await run(backup, [copy])
      await closeAll()
      await expect(run(restore, [copy], OTHERS)).rejects.toThrow('does not belong to this data')
      expect(files()).toEqual(['copy.db', 'latchkey.db'])
    })

    it('where it is the store itself', async () => {
      await fill()
      await closeAll()
      await expect(run(restore, [file])).rejects.toThrow('is the store itself')
    })
  })

  it('reads a backup where nothing may be written', async () => {
    await fill()
    await run(backup, [copy])
    await closeAll()
    const dataDir = join(folder, 'data')
    mkdirSync(dataDir)
    chmodSync(copy, 0o400)
    const isRoot = process.getuid?.() === 0
    if (isRoot) for (const path of [folder, dataDir, copy]) chownSync(path, NOBODY, NOBODY)
    chmodSync(folder, 0o555)
    const env = { LATCHKEY_DATA_DIR: dataDir, LATCHKEY_MASTER_KEYS: OURS.toString('base64url') }
    const who = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'restore', copy], { env, ...who })
    chmodSync(folder, 0o700)
    expect({ status, said: stderr.toString() }).toEqual({ status: 0, said: '' })
    expect(readdirSync(dataDir)).toEqual(['latchkey.db'])
  })

  it('takes the place of a store that is damaged, which is kept', async () => {
    await fill()
    await run(backup, [copy])
    await closeAll()
    writeFileSync(file, 'x'.repeat(8192))
    const { former } = JSON.parse((await run(restore, [copy, '--json'])).text)
    expect(readFileSync(former, 'utf8')).toContain('xxx')
    expect(await (await open()).audit.listSealed(0, 10)).toHaveLength(2)
  })
})
