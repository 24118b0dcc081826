import type { Account, AccountFields } from '../domain/accounts/index.ts'
import type { Audit, AuditRecord, AuditStore, Origin } from '../domain/audit/index.ts'
import type { Devices } from '../domain/devices/index.ts'
import type { Roles } from '../domain/roles/index.ts'
import { shownValue, type UserType } from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Sessions } from '../oidc/index.ts'

export interface DataSubject {
  readonly account: Account
  readonly userType: UserType
  readonly sessionId: string
}

/** Everything held about a person, as JSON values. Sensitive values are masked unless `clear`. */
export type OwnData = (person: DataSubject, clear: boolean, origin: Origin) => Promise<object>

export interface OwnDataParts {
  readonly fields: AccountFields
  readonly sessions: Pick<Sessions, 'list' | 'listApplications'>
  readonly devices: Devices
  readonly roles: Roles
  readonly auditStore: AuditStore
  readonly audit: Audit
  readonly clock: Clock
}

/** Enough for years of one person. */
const MOST_EVENTS = 5000

export function createOwnData(parts: OwnDataParts): OwnData {
  const { fields, sessions, devices, roles, auditStore, audit, clock } = parts

  function fieldsOf(account: Account, userType: UserType, clear: boolean) {
    const values = Object.entries(fields.open(account)).map(([name, value]) => {
      const isDeclared = userType.fields.some((field) => field.name === name && field.sensitive)
      // A field that the type has no longer is as sensitive as it is stored.
      const sensitive = isDeclared || typeof account.fields[name] === 'object'
      return [name, clear ? value : shownValue({ sensitive }, value)] as const
    })
    return Object.fromEntries(values)
  }

  return async (person, clear, origin) => {
    const { account, userType, sessionId } = person
    const subject = { kind: 'account', id: account.id } as const
    await audit.record({
      ...origin,
      event: 'account.exported',
      outcome: 'success',
      reason: clear ? 'in-clear' : 'masked',
      subject,
    })
    const [itsSessions, applications, itsDevices, entries] = await Promise.all([
      sessions.list(account.id),
      sessions.listApplications(account.id),
      devices.list(account.id),
      auditStore.listBySubject(account.id, MOST_EVENTS),
    ])
    const events = await Promise.all(entries.map((entry) => audit.read(entry)))
    const { passwordHash, fields: _stored, version: _version, userType: _type, ...shown } = account
    return {
      exportedAt: clock.now(),
      sensitiveValues: clear ? 'in clear' : 'masked',
      account: {
        ...shown,
        userType: { id: userType.id, name: userType.name },
        hasPassword: passwordHash !== null,
        fields: fieldsOf(account, userType, clear),
        effectiveRoles: await roles.rolesOf(account, userType),
      },
      sessions: itsSessions.map((one) => ({ ...one, isThisOne: one.id === sessionId })),
      applications,
      trustedDevices: itsDevices,
      events: events.map((event) => toldOf(event, account.id)),
    }
  }
}

/** Where somebody else acted, their address and browser are theirs. */
function toldOf(
  { at, event, message, outcome, clientId, actor, ip, factor, details }: AuditRecord,
  id: string,
) {
  const isOwn = actor.kind === 'account' && actor.id === id
  const told = { at, event, message, outcome, clientId, factor, by: isOwn ? 'you' : actor.kind }
  return isOwn ? { ...told, ip, userAgent: details['userAgent'] ?? null } : told
}
