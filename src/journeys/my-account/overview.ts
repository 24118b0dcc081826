import type { Context } from 'koa'
import type { AccountFields } from '../../domain/accounts/index.ts'
import type { Devices } from '../../domain/devices/index.ts'
import type { Roles } from '../../domain/roles/index.ts'
import type { DeviceCookie } from '../../http/device-cookie.ts'
import type { Sessions } from '../../oidc/index.ts'
import type { ChangeProfile } from '../../steps/index.ts'
import type { Gate, Here } from './gate.ts'
import { overviewPage } from './pages/overview.ts'
import { profileRows } from './pages/profile-rows.ts'

export interface OverviewParts {
  readonly sessions: Sessions
  readonly devices: Devices
  readonly deviceCookie: DeviceCookie
  readonly accountFields: AccountFields
  readonly roles: Roles
  readonly changeProfile: ChangeProfile
}

/** Everything at a glance; each change is a page of its own. */
export function overviewHandlers(gate: Gate, parts: OverviewParts) {
  const { sessions, devices, deviceCookie, accountFields, roles, changeProfile } = parts
  return {
    async show(ctx: Context, here: Here) {
      const { account, userType, accountId } = here
      const [itsSessions, applications, known, itsRoles] = await Promise.all([
        sessions.list(accountId),
        sessions.listApplications(accountId),
        devices.list(accountId),
        roles.rolesOf(account, userType),
      ])
      const secret = deviceCookie.find(ctx)
      const thisDevice = secret === null ? null : devices.idOf(secret, accountId)
      const page = overviewPage({
        accountId,
        typeName: userType.name,
        since: account.createdAt,
        profile: profileRows({
          account,
          userType,
          values: accountFields.open(account),
          editable: changeProfile.fieldsOf(userType),
        }),
        roles: itsRoles,
        contacts: { email: account.email, phone: account.phone },
        presence: userType.contacts,
        password: { isSet: account.passwordHash !== null, changedAt: account.passwordChangedAt },
        sessions: itsSessions.map((one) => ({ ...one, isThis: one.id === here.sessionId })),
        applications,
        devices: known.map((one) => ({ ...one, isThis: one.id === thisDevice })),
        done: ctx.query['done'],
      })
      return gate.show(ctx, page)
    },
  }
}
