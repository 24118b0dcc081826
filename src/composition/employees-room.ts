import { systemOrigin } from '../domain/audit/index.ts'
import { createBuiltInRegister, createEmployees, createHttpRegister } from '../domain/employees/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Data } from '../open-data.ts'
import type { Settings } from '../settings/index.ts'

export interface EmployeesRoomParts extends Pick<Data, 'storage' | 'audit'> {
  readonly settings: Pick<Settings, 'register' | 'pages'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** A person waits for it. */
const REGISTER_TIMEOUT_MS = 3000

/** The register that the settings name, for the server and for the operator's commands. */
export function createEmployeesRoom({ settings, storage, audit, clock, random, log }: EmployeesRoomParts) {
  const { register: source, pages } = settings
  const { phoneRegion } = pages
  const register =
    source.kind === 'built-in'
      ? createBuiltInRegister(storage.employees)
      : createHttpRegister({
          url: source.url,
          token: source.token.reveal(),
          phoneRegion,
          timeoutMs: REGISTER_TIMEOUT_MS,
          fetch,
          clock,
          log,
        })
  return createEmployees({
    store: storage.employees,
    register,
    audit,
    origin: () => systemOrigin('register', 'check', random),
    maxAgeSeconds: source.kind === 'built-in' ? 0 : source.maxAgeSeconds,
    phoneRegion,
    clock,
  })
}
