import type { LimitsSettings } from '../domain/limits/index.ts'
import { limitsFile, readConfigFile } from './config-files.ts'
import { deepFreeze } from './deep-freeze.ts'
import { createProblems } from './problems.ts'
import type { SettingsIo } from './settings-io.ts'

export type RereadLimits =
  | { readonly ok: true; readonly limits: LimitsSettings }
  /** A line for each problem, in the words of a start that is refused for them. */
  | { readonly ok: false; readonly problems: readonly string[] }

/** Reads `limits.json` of a process that runs, which a mistake in it must not end. */
export function rereadLimits(configDir: string, io: SettingsIo): RereadLimits {
  const problems = createProblems()
  const limits = readConfigFile(limitsFile, configDir, io, problems)
  return limits === null
    ? { ok: false, problems: problems.lines() }
    : { ok: true, limits: deepFreeze(limits) }
}
