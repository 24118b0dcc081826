import { z } from 'zod'
import type { Environment, Variable, WithFallback } from './environment.ts'
import type { SettingsIo } from './settings-io.ts'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export interface LogSettings {
  readonly level: (typeof LEVELS)[number]
  readonly format: 'pretty' | 'json'
}

const levelVariable: WithFallback<LogSettings['level']> = {
  name: 'LATCHKEY_LOG_LEVEL',
  shown: '`info`',
  fallback: 'info',
  meaning: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`',
  schema: z.enum(LEVELS),
}

const formatVariable: Variable<LogSettings['format']> = {
  name: 'LATCHKEY_LOG_FORMAT',
  shown: '`pretty` on a terminal, else `json`',
  fallback: null,
  meaning: '`pretty` for people, `json` for programs',
  schema: z.enum(['pretty', 'json']),
}

export const logVariables: readonly Variable<unknown>[] = [levelVariable, formatVariable]

export function readLog(environment: Environment, io: SettingsIo): LogSettings {
  const format = environment.read(formatVariable) ?? (io.terminal ? 'pretty' : 'json')
  return { level: environment.read(levelVariable), format }
}
