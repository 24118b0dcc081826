/**
 * Settings: the environment and the files of config/, read once, as one frozen and typed object.
 * Owns every variable, its default and its check, and the start guard that refuses development values in
 * production. Knows nothing of what the values are used for. Called by main and by the commands, nobody else;
 * the only reader of process.env.
 */
export type { ApiSettings } from './apis-file.ts'
export { type ClientSettings, registrationOf } from './clients.ts'
export { configSchemas } from './config-schemas.ts'
export type {
  DeliverySettings,
  EmailProvider,
  ResendSettings,
  SmsProvider,
  TwilioSettings,
} from './delivery.ts'
export type { Variable } from './environment.ts'
export type { LogSettings } from './log.ts'
export type { MasterKeySource } from './master-keys.ts'
export type { PagesSettings } from './pages.ts'
export type { StorageSettings } from './places.ts'
export type { TrustedProxies } from './proxies.ts'
export { readSettings, readSettingsFromProcess, VARIABLES } from './read-settings.ts'
export type { RegisterSettings } from './register.ts'

export { type RereadLimits, rereadLimits } from './reread-limits.ts'
export { type MasterKey, resolveMasterKeys } from './resolve-master-keys.ts'
export type { Secret } from './secret.ts'
export type { DemoSettings, Mode } from './serving.ts'
export type { Settings } from './settings.ts'
export { type SettingsIo, systemIo } from './settings-io.ts'
