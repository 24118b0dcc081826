import { z } from 'zod'
import type { Environment, Variable, WithFallback } from './environment.ts'
import type { SettingsIo } from './settings-io.ts'

/** Where data and configuration lie. */
export type StorageSettings = { readonly driver: 'sqlite'; readonly file: string }

export interface PlacesSettings {
  /** Absolute. */
  readonly dataDir: string
  /** Absolute. */
  readonly configDir: string
  readonly storage: StorageSettings
}

const dataDirVariable: WithFallback<string> = {
  name: 'LATCHKEY_DATA_DIR',
  shown: '`./data`',
  fallback: './data',
  meaning: 'directory of the database and of what Latchkey makes itself',
  schema: z.string(),
}

const configDirVariable: WithFallback<string> = {
  name: 'LATCHKEY_CONFIG_DIR',
  shown: '`./config`',
  fallback: './config',
  meaning: 'directory of the files below',
  schema: z.string(),
}

const storageUrlVariable: Variable<string> = {
  name: 'LATCHKEY_STORAGE_URL',
  shown: '`sqlite:<data dir>/latchkey.db`',
  fallback: null,
  meaning: '`sqlite:` and the path of a file',
  schema: z.string().superRefine((value, context) => {
    const problem = storageProblem(value)
    if (problem !== null) context.addIssue(problem)
  }),
}

export const placesVariables: readonly Variable<unknown>[] = [
  dataDirVariable,
  configDirVariable,
  storageUrlVariable,
]

export function readPlaces(environment: Environment, io: SettingsIo): PlacesSettings {
  const dataDir = io.absolute(environment.read(dataDirVariable))
  const url = environment.read(storageUrlVariable) ?? `sqlite:${dataDir}/latchkey.db`
  return {
    dataDir,
    configDir: io.absolute(environment.read(configDirVariable)),
    storage: { driver: 'sqlite', file: io.absolute(url.slice('sqlite:'.length)) },
  }
}

/** Never with the value: the URL of a database may hold its password. */
function storageProblem(value: string): string | null {
  if (/^mongodb(?:\+srv)?:/.test(value)) {
    return 'MongoDB is not supported yet, it comes with a later version; write sqlite: and the path of a file'
  }
  const path = /^sqlite:(?!\/\/[^/])(.+)$/.exec(value)?.[1]
  if (path === undefined || path === ':memory:') {
    return 'must be sqlite: and the path of a file, such as sqlite:./data/latchkey.db'
  }
  return null
}
