import type { z } from 'zod'
import { sayIssue } from './issues.ts'
import type { Problems } from './problems.ts'
import { type Secret, secretOf } from './secret.ts'
import type { SettingsIo } from './settings-io.ts'

/** One LATCHKEY_… variable: what README's table says of it, and what it must be. */
export interface Variable<T> {
  readonly name: `LATCHKEY_${string}`
  /** The default as README shows it. */
  readonly shown: string
  readonly meaning: string
  /** What stands for it when it is not set. */
  readonly fallback: string | null
  /** It may also come from the file that NAME_FILE names, and its value is never repeated. */
  readonly secret?: true
  readonly schema: z.ZodType<T, string>
}

export interface WithFallback<T> extends Variable<T> {
  readonly fallback: string
}

/** The environment as the sections of the settings read it: values checked, problems gathered. */
export interface Environment {
  /** What the variable says; its fallback when it is not set, or wrong (the problem is then noted). */
  read<T>(variable: WithFallback<T>): T
  read<T>(variable: Variable<T>): T | null
  /** The secret of that name, or of the file that NAME_FILE names; null when there is none. */
  readSecret(name: string): Secret | null
  /** The file that NAME_FILE names, or null. */
  secretFile(name: string): string | null
}

/** A variable that is set to nothing is not set: compose files and shells cannot always leave one out. */
export function createEnvironment(
  values: Readonly<Record<string, string | undefined>>,
  io: SettingsIo,
  problems: Problems,
): Environment {
  const find = (name: string): string | null => values[name]?.trim() || null
  const secretFile = (name: string) => find(`${name}_FILE`)

  function readSecret(name: string): Secret | null {
    const file = secretFile(name)
    const value = find(name)
    if (file === null) return value === null ? null : secretOf(value)
    if (value !== null) problems.addIfSound(name, `is set, and ${name}_FILE too; set one of them`)
    const text = io.readText(file)
    const secret = text.ok ? text.value.trim() : ''
    if (secret !== '') return secretOf(secret)
    const what = text.ok ? `${file} is empty; write the secret into it` : `cannot read ${file}: ${text.why}`
    problems.addIfSound(`${name}_FILE`, what)
    return null
  }

  function read<T>(variable: WithFallback<T>): T
  function read<T>(variable: Variable<T>): T | null
  function read<T>(variable: Variable<T>): T | null {
    const { name, schema } = variable
    const fallback = variable.fallback === null ? null : schema.parse(variable.fallback)
    const value = variable.secret === true ? (readSecret(name)?.reveal() ?? null) : find(name)
    if (value === null) return fallback
    const result = schema.safeParse(value, { error: sayIssue })
    if (result.success) return result.data
    problems.add(name, result.error.issues[0]?.message ?? 'is wrong')
    return fallback
  }

  return { read, readSecret, secretFile }
}
