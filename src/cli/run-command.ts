import { systemClock } from '../lib/clock.ts'
import { StartRefused } from '../lib/errors.ts'
import { systemRandom } from '../lib/ids.ts'
import { type Data, openData } from '../open-data.ts'
import { readSettingsFromProcess, type Settings } from '../settings/index.ts'
import { auditVerify } from './audit-verify.ts'
import { employeesImport } from './employees-import.ts'
import type { Out } from './read-options.ts'
import { settingsCheck } from './settings-check.ts'
import { setupLink } from './setup-link.ts'

interface Command {
  readonly words: readonly string[]
  readonly about: string
  run(args: readonly string[], out: Out): Promise<number>
}

const COMMANDS: readonly Command[] = [
  {
    words: ['setup-link'],
    about: 'a one-time link that makes the first owner',
    run: onData((data, settings, args, out) =>
      setupLink({ ...data, settings, clock: systemClock, random: systemRandom }, args, out),
    ),
  },
  {
    words: ['settings', 'check'],
    about: 'check the environment and the files of config/',
    run: async (args, out) => settingsCheck(readSettingsFromProcess, args, out),
  },
  {
    words: ['audit', 'verify'],
    about: 'check that no audit record was changed',
    run: onData((data, _settings, args, out) => auditVerify(data.storage, data.keys, args, out)),
  },
  {
    words: ['employees', 'import'],
    about: 'take a file over into the register of employees',
    run: onData((data, settings, args, out) =>
      employeesImport({ ...data, settings, clock: systemClock, random: systemRandom }, args, out),
    ),
  },
]

type OnData = (data: Data, settings: Settings, args: readonly string[], out: Out) => Promise<number>

/** A command that works on the data of this deployment: opened for it, closed after it. */
function onData(run: OnData): Command['run'] {
  return async (args, out) => {
    const settings = readSettingsFromProcess()
    const data = await openData(settings, systemClock, systemRandom)
    try {
      return await run(data, settings, args, out)
    } finally {
      await data.storage.close()
    }
  }
}

const REFUSED = 1
const WRONG_COMMAND = 2

/** Runs one command in the environment of the server; answers the exit code. */
export async function runCommand(argv: readonly string[], out: Out): Promise<number> {
  const command = COMMANDS.find(({ words }) => words.every((word, index) => argv[index] === word))
  if (!command) {
    out(usage())
    return argv.length === 0 || argv[0] === '--help' ? 0 : WRONG_COMMAND
  }
  try {
    return await command.run(argv.slice(command.words.length), out)
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error
    process.stderr.write(`${error.message}\n`)
    return REFUSED
  }
}

function usage(): string {
  const lines = COMMANDS.map(({ words, about }) => `  ${words.join(' ').padEnd(17)} ${about}`)
  return ['latchkey COMMAND [--json] [--help]', '', ...lines].join('\n')
}
