import { createAccountFields, createAccounts, createSetupLinks } from '../domain/accounts/index.ts'
import { systemOrigin } from '../domain/audit/index.ts'
import { createMessages, createOutbox } from '../domain/delivery/index.ts'
import { createDevices } from '../domain/devices/index.ts'
import { createBuiltInRegister, createEmployees, createHttpRegister } from '../domain/employees/index.ts'
import { createLimits } from '../domain/limits/index.ts'
import { createOtp } from '../domain/otp/index.ts'
import { createPasswords, type Hasher } from '../domain/passwords/index.ts'
import { createRevocations, openIssuerGeneration } from '../domain/revocations/index.ts'
import { createRoles } from '../domain/roles/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Data } from '../open-data.ts'
import type { Settings } from '../settings/index.ts'
import { createMessageQueue, type RenderMessage } from '../workers/index.ts'

export interface RoomsParts extends Data {
  readonly settings: Settings
  readonly hasher: Hasher
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Names this process where only one may do a thing. */
  readonly processId: string
}

export type Rooms = Awaited<ReturnType<typeof createRooms>>

const BCRYPT_COST = 12

/** A person waits for it. */
const REGISTER_TIMEOUT_MS = 3000

/** Every room of domain, once, each with the narrowest of what it needs. */
export async function createRooms(parts: RoomsParts, render: RenderMessage) {
  const { settings, storage, keys, clock, random, log } = parts
  const { phoneRegion } = settings.pages
  const blindIndex = keys.dataKey('blind-index').key
  const peppers = keys.dataKeys('pepper')
  const messages = createMessages({ keys: keys.dataKeys('messages'), clock, random })
  const outbox = createOutbox(clock)
  const accountFields = createAccountFields({
    keys: keys.dataKeys('fields'),
    blindIndexKey: blindIndex,
    random,
  })
  const employees = createEmployeesRoom(parts)
  return {
    accountFields,
    employees,
    roles: createRoles({ employees }),
    accounts: createAccounts({ store: storage.accounts, fields: accountFields, clock, random, phoneRegion }),
    setupLinks: createSetupLinks(storage.accounts, clock, random),
    passwords: createPasswords({ peppers, cost: BCRYPT_COST, hasher: parts.hasher }),
    limits: createLimits({ store: storage.limits, settings: settings.limits, key: blindIndex, clock }),
    devices: createDevices({ store: storage.devices, key: blindIndex, clock, random }),
    otp: createOtp({ challenges: storage.challenges, peppers, clock, random }),
    revocations: createRevocations({
      store: storage.revocations,
      key: keys.dataKey('revocation-handles').key,
      issuerGeneration: await openIssuerGeneration(storage.revocations, random),
    }),
    messages,
    outbox,
    queue: createMessageQueue({
      messages,
      store: storage.messages,
      senders: { sms: [outbox], email: [outbox] },
      render,
      clock,
      log,
      holder: parts.processId,
    }),
  }
}

function createEmployeesRoom({ settings, storage, audit, clock, random, log }: RoomsParts) {
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
