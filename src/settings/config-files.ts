import { join } from 'node:path'
import type { z } from 'zod'
import { limitsFileSchema } from '../domain/limits/index.ts'
import { userTypesFileSchema } from '../domain/user-types/index.ts'
import { apisFileSchema } from './apis-file.ts'
import { clientsFileSchema } from './clients-file.ts'
import { sayIssue } from './issues.ts'
import { findJsonFault } from './json-fault.ts'
import type { Problems } from './problems.ts'
import type { SettingsIo } from './settings-io.ts'

/** The files an operator edits; each names its JSON Schema, which is made from the schema here. */
export interface ConfigFile<T> {
  readonly name: string
  readonly title: string
  readonly schema: z.ZodType<T>
}

export const userTypesFile: ConfigFile<z.output<typeof userTypesFileSchema>> = {
  name: 'user-types.json',
  title: 'User types: loaded into the store on the first start, afterwards edited by the API',
  schema: userTypesFileSchema,
}

export const clientsFile: ConfigFile<z.output<typeof clientsFileSchema>> = {
  name: 'clients.json',
  title: 'Clients: the registered applications',
  schema: clientsFileSchema,
}

export const apisFile: ConfigFile<z.output<typeof apisFileSchema>> = {
  name: 'apis.json',
  title: 'APIs: the values of resource beside the built-in audiences',
  schema: apisFileSchema,
}

export const limitsFile: ConfigFile<z.output<typeof limitsFileSchema>> = {
  name: 'limits.json',
  title: 'Limits: how often anything may be tried; what is left out has its default',
  schema: limitsFileSchema,
}

export const CONFIG_FILES: readonly ConfigFile<unknown>[] = [userTypesFile, clientsFile, apisFile, limitsFile]

/** The file's content, or null when it is missing or wrong: its problems are noted then, a line for each. */
export function readConfigFile<T>(
  { name, schema }: ConfigFile<T>,
  configDir: string,
  io: SettingsIo,
  problems: Problems,
): T | null {
  const path = join(configDir, name)
  const text = io.readText(path)
  if (!text.ok) {
    problems.add(name, `cannot read ${path}: ${text.why}; put it there, or set LATCHKEY_CONFIG_DIR`)
    return null
  }
  const document = parseJson(text.value)
  if (!document.ok) {
    problems.add(`${name}, ${document.place}`, 'is not JSON; mend it there')
    return null
  }
  const result = schema.safeParse(document.value, { error: sayIssue })
  if (result.success) return result.data
  for (const { path: place, message } of result.error.issues) {
    problems.add([name, ...placeOf(place, document.value)].join(', '), message)
  }
  return null
}

/** The text is not repeated when it is wrong: it may hold a secret. */
function parseJson(text: string): { ok: true; value: unknown } | { ok: false; place: string } {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    const { line, column } = findJsonFault(text)
    return { ok: false, place: `line ${line}, column ${column}` }
  }
}

/** `police.otp.digits` rather than `userTypes[3].otp.digits`: an entry of the file's list goes by its own name. */
function placeOf(path: readonly PropertyKey[], document: unknown): string[] {
  const [list, index, ...rest] = path
  const entry = part(part(document, list), index)
  const name = ['id', 'client_id', 'identifier'].map((key) => part(entry, key)).find(isName)
  const steps = typeof index === 'number' && name !== undefined ? [name, ...rest] : path
  const place = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return place === '' ? [] : [place.replace(/^\./, '')]
}

function part(value: unknown, key: PropertyKey | undefined): unknown {
  if (typeof value !== 'object' || value === null || key === undefined) return undefined
  return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
