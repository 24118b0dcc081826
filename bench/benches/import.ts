import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench } from '../bench.ts'
import { employeeAt } from '../crowd.ts'
import { ceilingFigure } from '../figure.ts'
import { COMPILED, ROOT, START_FLAGS } from '../server-process.ts'

const MAIN = join(ROOT, 'src', 'cli', 'main.ts')
/** Makes a process write down at its end how much memory it had at most. */
const TELLS_PEAK = join(ROOT, 'bench', 'tell-peak.ts')

/** A register of a country's size, from a file into the store, as an operator takes it over. */
export const importOfEmployees: Bench = {
  name: 'import',
  async measure({ newFolder, startServer, pace }) {
    const rows = pace.importedRows
    const dataDir = newFolder()
    const active = writeRows(newFolder(), rows, 'active')
    const suspended = writeRows(newFolder(), rows, 'suspended')
    const fresh = await importFile(dataDir, active)
    const again = await importFile(dataDir, suspended)

    const sharedDir = newFolder()
    const writer = await startServer('other-writer.ts', { file: join(sharedDir, 'latchkey.db') })
    await importFile(sharedDir, active)
    await importFile(sharedDir, suspended)

    const count = rows.toLocaleString('en').replaceAll(',', ' ')
    const seconds = { unit: 's', atMost: 60 } as const
    const memory = { unit: 'MB', atMost: 250 } as const
    const waits = 'wait of another process that writes meanwhile'
    return [
      ceilingFigure({ name: `import of ${count} new employees`, ...seconds }, fresh.seconds),
      ceilingFigure({ name: `import that changes each of ${count} employees`, ...seconds }, again.seconds),
      ceilingFigure(
        { name: `most memory (RSS) of an import of ${count} rows`, ...memory },
        Math.max(fresh.megabytes, again.megabytes),
      ),
      ceilingFigure({ name: `${waits}, p99`, unit: 'ms', atMost: 100 }, await writer.ask('p99')),
      ceilingFigure({ name: `${waits}, longest`, unit: 'ms', atMost: 1000 }, await writer.ask('longest')),
    ]
  },
}

function writeRows(folder: string, rows: number, status: string): string {
  const file = join(folder, 'employees.csv')
  const lines = Array.from({ length: rows }, (_, place) => {
    const { employeeId, fullName, phone } = employeeAt(place)
    return [employeeId, 'officer', status, fullName, `officer-${place}@example.org`, phone].join(',')
  })
  writeFileSync(file, `${['employeeId,role,status,fullName,email,phone', ...lines].join('\n')}\n`)
  return file
}

/** From the start of the command to its end. */
async function importFile(dataDir: string, file: string): Promise<{ seconds: number; megabytes: number }> {
  const peakFile = `${file}.peak`
  const command = [...START_FLAGS, `--import=${TELLS_PEAK}`, MAIN, 'employees', 'import', file]
  const began = performance.now()
  const child = spawn(process.execPath, command, {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: ROOT,
    env: { NODE_COMPILE_CACHE: COMPILED, LATCHKEY_DATA_DIR: dataDir, BENCH_PEAK_FILE: peakFile },
  })
  const [code] = await once(child, 'exit')
  const seconds = (performance.now() - began) / 1000
  if (code !== 0) throw new Error(`latchkey employees import ended with ${code}.`)
  return { seconds, megabytes: (Number(readFileSync(peakFile, 'utf8')) * 1024) / 1_000_000 }
}
