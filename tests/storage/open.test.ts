import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage, type Storage } from '../../src/storage/index.ts'
import { openConnection } from '../../src/storage/sqlite/connection.ts'
import { MIGRATIONS } from '../../src/storage/sqlite/migrations/index.ts'
import { aFutureMigration } from '../support/future-migration.ts'
import { call, race, values } from '../support/race.ts'
import { aMessage, anAccount, anAuditEntry, NOON } from '../support/records.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-'))
  file = join(folder, 'latchkey.db')
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

function open(path = file): Promise<Storage> {
  return openStorage({ driver: 'sqlite', file: path }, { clock: systemClock })
}

/** A store with something in it, closed. */
async function fillStore(accounts = 1): Promise<void> {
  const storage = await open()
  const inserts = Array.from({ length: accounts }, () => {
    const account = anAccount()
    return storage.accounts.insert(account, [{ space: 'name', value: account.id }], {
      audit: [anAuditEntry()],
    })
  })
  await Promise.all(inserts)
  await storage.close()
}

/** Every file of the folder with all that can be seen of it. Only while this process has no store open in it. */
async function snapshot(): Promise<unknown[]> {
  const names = await readdir(folder, { recursive: true })
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name)
      const { mode, uid, gid, size, mtimeMs } = await stat(path)
      const hash = (await stat(path)).isFile()
        ? createHash('sha256')
            .update(await readFile(path))
            .digest('hex')
        : ''
      return { name, mode, uid, gid, size, mtimeMs, hash }
    }),
  )
}

/** The store is refused with this in the message, and nothing in the folder is another afterwards. */
async function expectRefusal(message: RegExp, path = file): Promise<void> {
  const before = await snapshot()
  const refusal: unknown = await open(path).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'start_refused', message: expect.stringMatching(message) })
  expect(refusal).toMatchObject({ message: expect.stringContaining(path) })
  expect(await snapshot()).toEqual(before)
}

function run(script: string, ...args: string[]) {
  const path = new URL(`../support/${script}`, import.meta.url).pathname
  return spawnSync(process.execPath, [path, ...args], { encoding: 'utf8' })
}

describe('a new store', () => {
  it('is made with its folders, for nobody else on the machine', async () => {
    const path = join(folder, 'deep', 'down', 'latchkey.db')
    const storage = await open(path)
    await storage.audit.append([anAuditEntry()])
    const modeOf = async (one: string) => ((await stat(one)).mode & 0o777).toString(8)
    expect(await modeOf(join(folder, 'deep'))).toBe('700')
    expect(await modeOf(join(folder, 'deep', 'down'))).toBe('700')
    for (const suffix of ['', '-wal', '-shm']) expect(await modeOf(path + suffix)).toBe('600')
    await storage.close()
    expect(await readdir(join(folder, 'deep', 'down'))).toEqual(['latchkey.db'])
  })

  it('takes a file name with characters that mean something in a URL', async () => {
    const path = join(folder, 'a b?mode=ro#50%.db')
    await (await open(path)).close()
    const again = await open(path)
    await again.ready()
    await again.close()
    expect(await readdir(folder)).toEqual(['a b?mode=ro#50%.db'])
  })

  it('is made once when several processes start at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const settings = { driver: 'sqlite', file: join(folder, `fresh ${round}`, 'latchkey.db') } as const
      const append = () => [call('audit', 'append', [anAuditEntry()])]
      values(await race(settings, append(), append(), append(), append()))
      const storage = await open(settings.file)
      expect(await storage.audit.countUnsealed()).toBe(4)
      await storage.close()
    }
  })

  it('records each step of its schema with name and time', async () => {
    await fillStore()
    const connection = new DatabaseSync(file)
    const steps = connection.prepare('SELECT number, name, at FROM migration').all()
    connection.close()
    expect(steps.map(({ number, name }) => ({ number, name }))).toEqual(
      MIGRATIONS.map(({ number, name }) => ({ number, name })),
    )
    expect(Math.abs(Number(steps[0]?.['at']) - Date.now())).toBeLessThan(60_000)
  })
})

describe('a store that is there already', () => {
  it('is opened again with everything in it', async () => {
    const storage = await open()
    const account = anAccount()
    await storage.accounts.insert(account, [], { audit: [], messages: [aMessage()] })
    await storage.close()
    const again = await open()
    expect(await again.accounts.find(account.id)).toEqual(account)
    expect(await again.messages.countWaiting(NOON)).toBe(1)
    await again.close()
  })

  it('is opened from a copy that SQLite made of it', async () => {
    await fillStore()
    const connection = new DatabaseSync(file)
    const copy = join(folder, 'copy.db')
    connection.exec(`VACUUM INTO '${copy}'`)
    connection.close()
    const storage = await open(copy)
    expect(await storage.audit.countUnsealed()).toBe(1)
    await storage.close()
  })

  it('is closed to others when its mode was too wide', async () => {
    await fillStore()
    await chmod(file, 0o644)
    await (await open()).close()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('of a newer version is opened when that version allows it', async () => {
    const migrations = [...MIGRATIONS, aFutureMigration(MIGRATIONS.length)]
    const connection = await openConnection(file, { migrations, busyTimeoutMs: 5000, now: NOON })
    connection.close()
    const storage = await open()
    await storage.audit.append([anAuditEntry()])
    await storage.close()
  })
})

describe('ready', () => {
  it('holds while the store is open, and is Unavailable afterwards', async () => {
    const storage = await open()
    await storage.ready()
    await storage.close()
    await storage.close()
    await expect(storage.ready()).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('a store for a newer version', () => {
  const [known, next] = [MIGRATIONS.length, MIGRATIONS.length + 1]
  const newer = new RegExp(
    `newer Latchkey.* schema version ${next}, this one knows ${known}.*Start the newer version`,
  )

  it('is refused and left as it is', async () => {
    const migrations = [...MIGRATIONS, aFutureMigration(MIGRATIONS.length + 1)]
    const connection = await openConnection(file, { migrations, busyTimeoutMs: 5000, now: NOON })
    connection.close()
    await expectRefusal(newer)
  })

  it('is refused and left as it is when that version was killed, its word still in the log', async () => {
    await fillStore()
    expect(run('newer-version.ts', file, String(MIGRATIONS.length + 1)).signal).toBe('SIGKILL')
    expect((await stat(`${file}-wal`)).size).toBeGreaterThan(0)
    await expectRefusal(newer)
  })
})

describe('a file that is no store', () => {
  it('is refused when it is no database', async () => {
    for (const content of ['x', 'hello '.repeat(1000)]) {
      await writeFile(file, content)
      await expectRefusal(/is no SQLite database/)
    }
  })

  it('is refused when it is a database of another program', async () => {
    const connection = new DatabaseSync(file)
    connection.exec('CREATE TABLE cats (name TEXT)')
    connection.close()
    await expectRefusal(/not one of Latchkey/)
  })

  it('is refused when it was cut off', async () => {
    await fillStore(200)
    await truncate(file, Math.floor((await stat(file)).size / 2))
    await expectRefusal(/is damaged.*backup/)
  })

  it('is refused when a part of it was overwritten', async () => {
    await fillStore(200)
    const content = await readFile(file)
    content.fill(0x5a, content.length - 20 * 4096, content.length - 4096)
    await writeFile(file, content)
    await expectRefusal(/is damaged.*backup/)
  })

  it('is refused when it is a directory, or no regular file', async () => {
    await mkdir(file)
    await expectRefusal(/is a directory/)
    await expect(open('/dev/null')).rejects.toMatchObject({
      message: expect.stringMatching(/no regular file/),
    })
  })
})

describe('a place where nothing can be written', () => {
  it('is refused when the folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '')
    await expectRefusal(/Check their owner and mode/, join(folder, 'file', 'latchkey.db'))
    await expectRefusal(/Check their owner and mode/, join(folder, 'file', 'deep', 'latchkey.db'))
  })

  it('is refused when the folder is read-only, with and without a store in it', async () => {
    await chmod(folder, 0o555)
    await asSomebodyElse(() => expectRefusal(/Check their owner and mode/))
    await asSomebodyElse(() =>
      expectRefusal(/Check their owner and mode/, join(folder, 'deep', 'latchkey.db')),
    )
    await chmod(folder, 0o755)
    await fillStore()
    await chmod(file, 0o666)
    await chmod(folder, 0o555)
    await asSomebodyElse(() => expectRefusal(/Check their owner and mode/))
    await chmod(folder, 0o755)
  })

  it('is refused when the file is read-only', async () => {
    await fillStore()
    await chmod(folder, 0o777)
    await chmod(file, 0o444)
    await asSomebodyElse(() => expectRefusal(/Check their owner and mode/))
  })
})

/** The superuser may write everywhere, so these questions are asked as somebody else where tests run as root. */
async function asSomebodyElse(ask: () => Promise<void>): Promise<void> {
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.('nobody')
  try {
    await ask()
  } finally {
    if (root) process.seteuid?.(0)
  }
}

describe('a process that is killed while it writes', () => {
  it('loses nothing that was acknowledged and leaves nothing half done', async () => {
    const script = new URL('../support/endless-writer.ts', import.meta.url).pathname
    const writer = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(writer, 'exit')
    const acknowledged: string[] = []
    for await (const id of createInterface({ input: writer.stdout })) {
      acknowledged.push(id)
      if (acknowledged.length === 500) writer.kill('SIGKILL')
    }
    await ended
    expect(acknowledged.length).toBeGreaterThanOrEqual(500)

    const storage = await open()
    for (const id of acknowledged) {
      expect(await storage.accounts.findByIdentifier({ space: 'name', value: id })).toMatchObject({ id })
    }
    const records = await storage.audit.listUnsealed(1_000_000)
    const subjects = records.map(({ subjectId }) => subjectId)
    expect(subjects).toEqual(expect.arrayContaining(acknowledged))
    for (const id of subjects) expect(await storage.accounts.find(id ?? '')).not.toBeNull()
    await storage.close()
  })
})
