import { createAccountFields, createAccounts, createInvitationLinks } from '../domain/accounts/index.ts'
import { createMessages } from '../domain/delivery/index.ts'
import type { Employees } from '../domain/employees/index.ts'
import { createLimits } from '../domain/limits/index.ts'
import { createOldPasswords } from '../domain/passwords/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import { createEndings } from '../oidc/index.ts'
import type { Data } from '../open-data.ts'
import { registrationOf, type Settings } from '../settings/index.ts'
import { createAdministration, createImportAccounts } from '../steps/index.ts'
import { BCRYPT_COST } from './rooms.ts'

export interface OperatorParts extends Data {
  readonly settings: Pick<Settings, 'issuer' | 'pages' | 'limits' | 'clients'>
  readonly employees: Pick<Employees, 'check' | 'isEmployeeId'>
  readonly clock: Clock
  readonly random: Random
}

/**
 * What the operator's commands about accounts need of the rooms: no pages, no threads that hash, no worker. Messages
 * are only queued; a server on the same data finds and sends them.
 */
export function createOperator(parts: OperatorParts) {
  const { settings, storage, keys, audit, employees, clock, random } = parts
  const { phoneRegion, language } = settings.pages
  const blindIndexKey = keys.dataKey('blind-index').key
  const accountFields = createAccountFields({ keys: keys.dataKeys('fields'), blindIndexKey, random })
  const accounts = createAccounts({
    store: storage.accounts,
    fields: accountFields,
    clock,
    random,
    phoneRegion,
  })
  const shared = {
    accounts,
    accountFields,
    accountStore: storage.accounts,
    userTypes: storage.userTypes,
    employees,
    audit,
    phoneRegion,
    clock,
  }
  return {
    accounts,
    administration: createAdministration({
      ...shared,
      invitationLinks: createInvitationLinks(storage.accounts, clock, random),
      limits: createLimits({ store: storage.limits, settings: settings.limits, key: blindIndexKey, clock }),
      messages: createMessages({ keys: keys.dataKeys('messages'), clock, random }),
      countries: settings.limits.send,
      issuer: settings.issuer,
      language,
      wake: () => {},
      endings: createEndings({ store: storage.artifacts, revocations: storage.revocations, audit, clock }),
      revocationStore: storage.revocations,
      clientStates: storage.clientStates,
      clientIds: settings.clients.map((client) => registrationOf(client).client_id),
    }),
    importAccounts: createImportAccounts({
      ...shared,
      oldPasswords: createOldPasswords({ peppers: keys.dataKeys('pepper'), cost: BCRYPT_COST, random }),
    }),
  }
}
