import { limitsFileSchema } from '../domain/limits/index.ts'
import type { ApiSettings } from './apis-file.ts'
import { readClients } from './clients.ts'
import type { ClientEntry } from './clients-file.ts'
import {
  apisFile,
  type ConfigFile,
  clientsFile,
  limitsFile,
  readConfigFile,
  userTypesFile,
} from './config-files.ts'
import { deepFreeze } from './deep-freeze.ts'
import { deliveryVariables, readDelivery } from './delivery.ts'
import { createEnvironment, type Variable } from './environment.ts'
import { refuseUnknownNames, withoutServiceLinks } from './known-names.ts'
import { logVariables, readLog } from './log.ts'
import { masterKeysVariables, readMasterKeys } from './master-keys.ts'
import { pagesVariables, readPages } from './pages.ts'
import { placesVariables, readPlaces } from './places.ts'
import { createProblems, type Problems } from './problems.ts'
import { refuseDevelopmentValues } from './production.ts'
import { proxiesVariables, readTrustedProxies } from './proxies.ts'
import { readRegister, registerVariables } from './register.ts'
import { ADMIN_AUDIENCE, readServing, type ServingSettings, servingVariables } from './serving.ts'
import type { Settings } from './settings.ts'
import { type SettingsIo, systemIo } from './settings-io.ts'

/** Every variable there is, in the order of README's table. */
export const VARIABLES: readonly Variable<unknown>[] = [
  ...servingVariables,
  ...placesVariables,
  ...masterKeysVariables,
  ...proxiesVariables,
  ...deliveryVariables,
  ...registerVariables,
  ...pagesVariables,
  ...logVariables,
]

/** The settings of this process. Throws StartRefused, whose message has a line for each problem. */
export function readSettingsFromProcess(): Settings {
  return readSettings(process.env, systemIo)
}

/** Reads the environment and the config files it leads to. Throws StartRefused with every problem at once. */
export function readSettings(values: Readonly<Record<string, string | undefined>>, io: SettingsIo): Settings {
  const problems = createProblems()
  const ours = withoutServiceLinks(values, problems)
  const environment = createEnvironment(ours, io, problems)
  const serving = readServing(environment, problems)
  const places = readPlaces(environment, io)
  const read = <T>(file: ConfigFile<T>) => readConfigFile(file, places.configDir, io, problems)
  const clientEntries = read(clientsFile)?.clients ?? []

  const settings: Settings = {
    ...serving,
    ...places,
    masterKeys: readMasterKeys(environment, places.dataDir, io.absolute),
    trustedProxies: readTrustedProxies(environment),
    delivery: readDelivery(environment, problems),
    register: readRegister(environment, problems),
    pages: readPages(environment, io, problems),
    log: readLog(environment, io),
    userTypes: read(userTypesFile)?.userTypes ?? [],
    clients: readClients(clientEntries, serving.demo, environment, problems),
    apis: read(apisFile)?.apis ?? [],
    limits: read(limitsFile) ?? limitsFileSchema.parse({}),
  }
  refuseBuiltInAudiences(settings.apis, serving, problems)
  refuseUnknownNames(ours, knownNames(clientEntries), problems)
  if (settings.mode === 'production') refuseDevelopmentValues(settings, problems)
  problems.refuseIfAny()
  return deepFreeze(settings)
}

/** An API under a built-in audience would be given what was meant for Latchkey itself. */
function refuseBuiltInAudiences(
  apis: readonly ApiSettings[],
  { issuer, audience }: ServingSettings,
  problems: Problems,
): void {
  for (const { identifier } of apis) {
    if (![issuer, audience, ADMIN_AUDIENCE].includes(identifier)) continue
    problems.add(`apis.json, ${identifier}.identifier`, 'is an audience of Latchkey itself; write another')
  }
}

/** A client's secret may be in a variable of any name, also one that looks like ours. */
function knownNames(clients: readonly ClientEntry[]): string[] {
  const secrets = clients.flatMap(({ client_secret: secret }) =>
    typeof secret === 'object' ? [secret.env, `${secret.env}_FILE`] : [],
  )
  const ours = VARIABLES.flatMap(({ name, secret }) => (secret === true ? [name, `${name}_FILE`] : [name]))
  return [...ours, ...secrets]
}
