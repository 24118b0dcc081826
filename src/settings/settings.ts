import type { LimitsSettings } from '../domain/limits/index.ts'
import type { UserType } from '../domain/user-types/index.ts'
import type { ApiSettings } from './apis-file.ts'
import type { ClientSettings } from './clients.ts'
import type { DeliverySettings } from './delivery.ts'
import type { LogSettings } from './log.ts'
import type { MasterKeySource } from './master-keys.ts'
import type { PagesSettings } from './pages.ts'
import type { PlacesSettings } from './places.ts'
import type { TrustedProxies } from './proxies.ts'
import type { RegisterSettings } from './register.ts'
import type { ServingSettings } from './serving.ts'

/** Everything an operator decides, checked, complete and frozen. Secrets show themselves only when asked. */
export interface Settings extends ServingSettings, PlacesSettings {
  readonly masterKeys: MasterKeySource
  readonly trustedProxies: TrustedProxies
  readonly delivery: DeliverySettings
  readonly register: RegisterSettings
  readonly pages: PagesSettings
  readonly log: LogSettings
  /** What the store is filled with on the first start. */
  readonly userTypes: readonly UserType[]
  readonly clients: readonly ClientSettings[]
  readonly apis: readonly ApiSettings[]
  readonly limits: LimitsSettings
}
