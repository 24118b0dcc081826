import type { createOperator } from '../composition/index.ts'
import { systemClock } from '../lib/clock.ts'
import { StartRefused } from '../lib/errors.ts'
import { systemRandom } from '../lib/ids.ts'
import { createLog } from '../lib/log.ts'
import { type Data, openData } from '../open-data.ts'
import { readSettingsFromProcess, type Settings } from '../settings/index.ts'
import type { AccountsAction } from './accounts.ts'
import type { Out } from './read-options.ts'

interface Command {
  readonly words: readonly string[]
  readonly about: string
  /** Only the code of the command that is run: all of it would take most of the time and memory of a small one. */
  load(): Promise<LoadedCommand>
}

interface LoadedCommand {
  /** Shown for --help before anything is read or opened: whoever asks how to mend the settings has broken ones. */
  readonly usage: string
  run(args: readonly string[], out: Out): Promise<number>
}

const ACCOUNT_ACTIONS: readonly (readonly [AccountsAction, string])[] = [
  ['approve', 'let a waiting account sign in'],
  ['reject', 'take a waiting or invited account away'],
  ['disable', 'shut an account out at once'],
  ['enable', 'let a disabled account sign in again'],
  ['unlock', 'lift the pauses of an account'],
]

const COMMANDS: readonly Command[] = [
  {
    words: ['setup-link'],
    about: 'a one-time link that makes the first owner',
    load: async () => {
      const { setupLink, setupLinkUsage } = await import('./setup-link.ts')
      return {
        usage: setupLinkUsage,
        run: onData((data, settings, args, out) =>
          setupLink({ ...data, settings, clock: systemClock, random: systemRandom }, args, out),
        ),
      }
    },
  },
  {
    words: ['owner', 'recover'],
    about: 'a one-time link for an owner who has forgotten the password',
    load: async () => {
      const { ownerRecover, ownerRecoverUsage } = await import('./owner-recover.ts')
      return {
        usage: ownerRecoverUsage,
        run: onData((data, settings, args, out) =>
          ownerRecover({ ...data, settings, clock: systemClock, random: systemRandom }, args, out),
        ),
      }
    },
  },
  {
    words: ['settings', 'check'],
    about: 'check the environment and the files of config/',
    load: async () => {
      const { settingsCheck, settingsCheckUsage } = await import('./settings-check.ts')
      return {
        usage: settingsCheckUsage,
        run: async (args, out) => settingsCheck(readSettingsFromProcess, args, out),
      }
    },
  },
  {
    words: ['audit', 'verify'],
    about: 'check that no audit record was changed',
    load: async () => {
      const { auditVerify, auditVerifyUsage } = await import('./audit-verify.ts')
      return {
        usage: auditVerifyUsage,
        run: onData((data, _settings, args, out) => auditVerify(data.storage, data.keys, args, out)),
      }
    },
  },
  {
    words: ['backup'],
    about: 'copy the whole store into a file, also while servers run',
    load: async () => {
      const { backup, backupUsage } = await import('./backup.ts')
      return {
        usage: backupUsage,
        run: async (args, out) =>
          backup({ settings: readSettingsFromProcess(), clock: systemClock }, args, out),
      }
    },
  },
  {
    words: ['restore'],
    about: 'put a backup in the place of the store; ends every sign-in',
    load: async () => {
      const { restore, restoreUsage } = await import('./backup.ts')
      return {
        usage: restoreUsage,
        run: async (args, out) =>
          restore(
            { settings: readSettingsFromProcess(), clock: systemClock, random: systemRandom },
            args,
            out,
          ),
      }
    },
  },
  {
    words: ['keys', 'rotate'],
    about: 'make the next signing keys now',
    load: async () => {
      const { keysRotate, keysRotateUsage } = await import('./keys.ts')
      return {
        usage: keysRotateUsage,
        run: onData((data, _settings, args, out) => keysRotate({ ...data, random: systemRandom }, args, out)),
      }
    },
  },
  {
    words: ['keys', 'list'],
    about: 'show the signing keys and what lies under which master key',
    load: async () => {
      const { keysList, keysListUsage } = await import('./keys.ts')
      return {
        usage: keysListUsage,
        run: onData((data, _settings, args, out) => keysList({ ...data, clock: systemClock }, args, out)),
      }
    },
  },
  {
    words: ['employees', 'import'],
    about: 'take a file over into the register of employees',
    load: async () => {
      const { employeesImport, employeesImportUsage } = await import('./employees-import.ts')
      return {
        usage: employeesImportUsage,
        run: onData((data, settings, args, out) =>
          employeesImport({ ...data, settings, clock: systemClock, random: systemRandom }, args, out),
        ),
      }
    },
  },
  {
    words: ['accounts', 'import'],
    about: 'take over the accounts of an older system',
    load: async () => {
      const { accountsImport, accountsImportUsage } = await import('./accounts-import.ts')
      return {
        usage: accountsImportUsage,
        run: asOperator((operator, args, out) =>
          accountsImport({ ...operator, random: systemRandom }, args, out),
        ),
      }
    },
  },
  ...accountCommands(),
  {
    words: ['invite'],
    about: 'prepare an account and send its owner a link',
    load: async () => {
      const { invite, inviteUsage } = await import('./invite.ts')
      return {
        usage: inviteUsage,
        run: asOperator((operator, args, out) => invite({ ...operator, random: systemRandom }, args, out)),
      }
    },
  },
]

function accountCommands(): Command[] {
  return ACCOUNT_ACTIONS.map(([action, about]) => ({
    words: ['accounts', action],
    about,
    load: async () => {
      const { accountsUsage, changeOneAccount } = await import('./accounts.ts')
      return {
        usage: accountsUsage(action),
        run: asOperator((operator, args, out) =>
          changeOneAccount(action, { ...operator, random: systemRandom }, args, out),
        ),
      }
    },
  }))
}

type Operator = ReturnType<typeof createOperator>

/** A command about accounts: what it does is what the server would do, on the same data. */
function asOperator(
  run: (operator: Operator, args: readonly string[], out: Out) => Promise<number>,
): LoadedCommand['run'] {
  return onData(async (data, settings, args, out) => {
    const { createEmployeesRoom, createOperator } = await import('../composition/index.ts')
    const parts = { ...data, settings, clock: systemClock, random: systemRandom }
    const employees = createEmployeesRoom({ ...parts, log: await createLog(settings.log) })
    return run(createOperator({ ...parts, employees }), args, out)
  })
}

type OnData = (data: Data, settings: Settings, args: readonly string[], out: Out) => Promise<number>

/** A command that works on the data of this deployment: opened for it, closed after it. */
function onData(run: OnData): LoadedCommand['run'] {
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
    return argv.length === 0 || argv.includes('--help') ? 0 : WRONG_COMMAND
  }
  const loaded = await command.load()
  if (argv.includes('--help')) {
    out(loaded.usage)
    return 0
  }
  try {
    return await loaded.run(argv.slice(command.words.length), out)
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error
    const { message } = error
    // Whoever reads JSON reads the output, and would find nothing there.
    if (argv.includes('--json')) out(JSON.stringify({ ok: false, error: 'refused', message }))
    else process.stderr.write(`${message}\n`)
    return REFUSED
  }
}

function usage(): string {
  const lines = COMMANDS.map(({ words, about }) => `  ${words.join(' ').padEnd(17)} ${about}`)
  return ['latchkey COMMAND [--json] [--help]', '', ...lines].join('\n')
}
