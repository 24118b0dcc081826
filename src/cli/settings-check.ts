import { StartRefused } from '../lib/errors.ts'
import type { Settings } from '../settings/index.ts'
import { type Out, readOptions } from './read-options.ts'

export const settingsCheckUsage = `latchkey settings check [--json]

Reads the environment and the files of config/ as a start would, and names every problem at once.

Ends with 0 when the server would start with them, 1 when not, 2 when the command is wrong.`

/** The command `settings check`; answers the exit code. `read` throws StartRefused with a line for each problem. */
export function settingsCheck(read: () => Settings, args: readonly string[], out: Out): number {
  const asked = readOptions(args)
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? settingsCheckUsage : `${asked.what}\n\n${settingsCheckUsage}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const problems = problemsOf(read)
  if (asked.json) out(JSON.stringify({ ok: problems.length === 0, problems }))
  else out(problems.length === 0 ? 'The settings are sound.' : problems.join('\n'))
  return problems.length === 0 ? 0 : 1
}

function problemsOf(read: () => Settings): string[] {
  try {
    read()
    return []
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error
    const lines = error.message.split('\n').filter((line) => line !== '')
    // The first of several is a heading; there is no problem in it.
    return lines.length > 1 ? lines.slice(1) : lines
  }
}
