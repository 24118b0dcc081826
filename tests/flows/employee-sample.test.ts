import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { openData } from '../../src/open-data.ts'
import { readSettings, type Settings, systemIo } from '../../src/settings/index.ts'
import { auditOf } from '../support/audit-records.ts'
import { roomyConfigDir } from '../support/config-dir.ts'
import { anEmployee } from '../support/records.ts'

let folders: string[]
let settings: Settings

beforeEach(() => {
  folders = [mkdtempSync(join(tmpdir(), 'latchkey-')), roomyConfigDir()]
  settings = settingsOf({})
})

afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function settingsOf(env: Readonly<Record<string, string>>): Settings {
  const [LATCHKEY_DATA_DIR = '', LATCHKEY_CONFIG_DIR = ''] = folders
  return readSettings({ LATCHKEY_DATA_DIR, LATCHKEY_CONFIG_DIR, ...env }, systemIo)
}

/** How many employees there are after a start. */
async function start(how: Settings = settings): Promise<number> {
  const { storage } = await openData(how, systemClock, systemRandom)
  const employees = await storage.employees.list(null, 100)
  await storage.close()
  return employees.length
}

const loads = () => auditOf({ settings }, 'employee.sample-loaded')
const sample = () => join(settings.configDir, 'employees.csv')

describe('the sample of employees', () => {
  it('is loaded on the first start in development, with a record, and not again', async () => {
    expect(await start()).toBe(8)
    expect(await loads()).toMatchObject([{ details: { added: 8, affected: 0 } }])
    writeFileSync(sample(), 'employeeId,role,status,fullName,email,phone\nX-1,x,active,,,\n')
    expect(await start()).toBe(8)
    expect(await loads()).toHaveLength(1)
  })

  it('is loaded once by nodes that start at the same moment', async () => {
    expect(await Promise.all([start(), start(), start()])).toEqual([8, 8, 8])
    expect(await loads()).toHaveLength(1)
  })

  it('leaves a register alone that holds anything', async () => {
    rmSync(sample())
    const { storage } = await openData(settings, systemClock, systemRandom)
    await storage.employees.insert(anEmployee(), { audit: [], raises: [], at: systemClock.now() })
    await storage.close()
    folders[1] = roomyConfigDir()
    rmSync(settings.configDir, { recursive: true })
    expect(await start(settingsOf({}))).toBe(1)
  })

  it('need not be there', async () => {
    rmSync(sample())
    expect(await start()).toBe(0)
  })

  it('is for development, and for the register that is kept here, alone', async () => {
    expect(await start({ ...settings, mode: 'production' })).toBe(0)
    const elsewhere = { LATCHKEY_REGISTER_URL: 'https://hr.example', LATCHKEY_REGISTER_TOKEN: 'abc' }
    expect(await start(settingsOf(elsewhere))).toBe(0)
  })

  it('stops the start when it is wrong, and says where', async () => {
    writeFileSync(sample(), 'employeeId,role,status,fullName,email,phone\nX-1,x,here,,,\nX-1\n')
    await expect(start()).rejects.toMatchObject({
      code: 'start_refused',
      message: [
        'Latchkey cannot start: the sample of employees is wrong.',
        'employees.csv, row 2, status: must be active, suspended or ended',
        'employees.csv, row 3: must have 6 cells as the header has, has 1; quote a cell that holds a comma',
      ].join('\n'),
    })
    rmSync(sample())
    expect(await start()).toBe(0)
  })
})
