import { setTimeout as wait } from 'node:timers/promises'
import {
  createAccountFields,
  createAccounts,
  createInvitationLinks,
  createOwnerLinks,
  createSetupLinks,
} from '../domain/accounts/index.ts'
import { systemOrigin } from '../domain/audit/index.ts'
import {
  createContactHash,
  createDeliveries,
  createFailover,
  createMessages,
  createOutbox,
  type Senders,
} from '../domain/delivery/index.ts'
import { createDevices } from '../domain/devices/index.ts'
import { createLimits } from '../domain/limits/index.ts'
import { createOtp } from '../domain/otp/index.ts'
import { createPasswords, type Hasher } from '../domain/passwords/index.ts'
import {
  createDeadFeed,
  createHandles,
  createRevocations,
  openIssuerGeneration,
} from '../domain/revocations/index.ts'
import { createRoles } from '../domain/roles/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import { ACCOUNT_CLIENT_ID } from '../oidc/index.ts'
import type { Data } from '../open-data.ts'
import type { Settings } from '../settings/index.ts'
import { createMessageQueue, type RenderMessage } from '../workers/index.ts'
import { createEmployeesRoom } from './employees-room.ts'
import { createSenders } from './senders.ts'

export interface RoomsParts extends Data {
  readonly settings: Settings
  readonly hasher: Hasher
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  /** Names this process where only one may do a thing. */
  readonly processId: string
  /** Senders in the place of those that the settings name. */
  readonly senders?: Senders
}

export type Rooms = Awaited<ReturnType<typeof createRooms>>

export const BCRYPT_COST = 12
/** So many failures in a row, and a provider is left alone for so long. */
const PROVIDER_FAILURES = 5
const PROVIDER_OPEN_SECONDS = 15
const QUEUE_LOOKS_EVERY_MS = 1000

/** Every room of domain, once, each with the narrowest of what it needs. */
export async function createRooms(parts: RoomsParts, render: RenderMessage) {
  const { settings, storage, keys, audit, clock, random, log, metrics } = parts
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
  const contactHash = createContactHash(blindIndex)
  const failover = createFailover({
    senders: parts.senders ?? (await createSenders({ settings, outbox, clock })),
    clock,
    random,
    pause: wait,
    onOutcome: metrics.messageTried,
    failures: PROVIDER_FAILURES,
    openSeconds: PROVIDER_OPEN_SECONDS,
  })
  const issuerGeneration = await openIssuerGeneration(storage.revocations, random)
  const handles = createHandles({ key: keys.dataKey('revocation-handles').key, issuerGeneration })
  return {
    accountFields,
    issuerGeneration,
    employees,
    roles: createRoles({ employees }),
    accounts: createAccounts({ store: storage.accounts, fields: accountFields, clock, random, phoneRegion }),
    invitationLinks: createInvitationLinks(storage.accounts, clock, random),
    setupLinks: createSetupLinks(storage.accounts, clock, random),
    ownerLinks: createOwnerLinks(storage.accounts, clock, random),
    passwords: createPasswords({ peppers, cost: BCRYPT_COST, hasher: parts.hasher }),
    limits: createLimits({ store: storage.limits, settings: settings.limits, key: blindIndex, clock }),
    devices: createDevices({ store: storage.devices, key: blindIndex, clock, random }),
    otp: createOtp({ challenges: storage.challenges, peppers, clock, random }),
    revocations: createRevocations({ store: storage.revocations, handles }),
    deadFeed: createDeadFeed({
      store: storage.revocations,
      handles,
      // Whatever token there is, a client has it.
      owners: [...settings.clients.map(({ id }) => id), ACCOUNT_CLIENT_ID].map((id) => ({
        kind: 'client',
        id,
      })),
      audit,
      origin: () => systemOrigin('revocation-feed', null, random),
      clock,
    }),
    messages,
    outbox,
    failover,
    deliveries: createDeliveries({
      store: storage.messages,
      failover,
      contactHash,
      audit: parts.audit,
      clock,
    }),
    queue: createMessageQueue({
      messages,
      store: storage.messages,
      failover,
      contactHash,
      render,
      audit: parts.audit,
      clock,
      random,
      log,
      holder: parts.processId,
      lookEveryMs: QUEUE_LOOKS_EVERY_MS,
    }),
  }
}
