import type { Page } from '../../../http/page.ts'
import type { TextKey } from '../../../http/texts.ts'
import type { ProfileRow } from './profile-rows.ts'

type ContactName = 'email' | 'phone'

interface Contact {
  readonly value: string
  readonly verifiedAt: Date | null
}

interface SessionRow {
  readonly id: string
  readonly isThis: boolean
  readonly signedInAt: Date
  readonly lastSeenAt: Date
  readonly device: { readonly browser: string; readonly system: string } | null
  readonly network: string | null
}

interface ApplicationRow {
  readonly id: string
  readonly name: string
  readonly firstParty: boolean
  readonly scopes: readonly string[]
  readonly since: Date
}

interface DeviceRow {
  readonly id: string
  readonly isThis: boolean
  readonly label: string | null
  readonly lastSeenAt: Date
}

export interface OverviewPage {
  readonly accountId: string
  readonly typeName: string
  readonly since: Date
  readonly profile: readonly ProfileRow[]
  readonly roles: readonly string[]
  readonly contacts: Readonly<Record<ContactName, Contact | null>>
  readonly presence: Readonly<Record<ContactName, 'required' | 'optional' | 'none'>>
  readonly password: { readonly isSet: boolean; readonly changedAt: Date | null }
  readonly sessions: readonly SessionRow[]
  readonly applications: readonly ApplicationRow[]
  readonly devices: readonly DeviceRow[]
  /** What was changed just now, as the address says it. */
  readonly done: unknown
}

const DONE: Readonly<Record<string, TextKey>> = {
  profile: 'myAccount.done.profile',
  contact: 'myAccount.done.contact',
  password: 'myAccount.done.password',
  session: 'myAccount.done.session',
  application: 'myAccount.done.application',
  device: 'myAccount.done.device',
}

/** What an application somebody else runs may see and do, in a word each. */
const RIGHTS: Readonly<Record<string, TextKey>> = {
  profile: 'myAccount.rights.profile',
  email: 'myAccount.rights.email',
  phone: 'myAccount.rights.phone',
  roles: 'myAccount.rights.roles',
  account: 'myAccount.rights.account',
  'admin:read': 'myAccount.rights.adminRead',
  'admin:write': 'myAccount.rights.adminWrite',
}

/** Of every sign-in, or nothing that a person would know by this name. */
const UNSAID: readonly string[] = ['openid', 'offline_access']

const PHONES: readonly string[] = ['iOS', 'Android']

export function overviewPage({ done, contacts, presence, ...page }: OverviewPage): Page {
  const model = {
    ...page,
    done: typeof done === 'string' && Object.hasOwn(DONE, done) ? DONE[done] : null,
    contacts: contactRows(contacts, presence),
    sessions: page.sessions.map((session) => ({ ...session, icon: iconOf(session.device) })),
    applications: page.applications.map(({ scopes, ...application }) => ({
      ...application,
      rights: scopes
        .filter((scope) => !UNSAID.includes(scope))
        .map((scope) => ({ said: RIGHTS[scope] ?? null, scope })),
    })),
  }
  return {
    view: 'my-account/overview',
    title: { key: 'myAccount.title' },
    failed: false,
    frame: 'cards',
    model,
  }
}

function contactRows(contacts: OverviewPage['contacts'], presence: OverviewPage['presence']) {
  const rows = [
    { name: 'phone', channel: 'sms', label: 'account.phone' },
    { name: 'email', channel: 'email', label: 'account.email' },
  ] as const
  return rows
    .filter(({ name }) => presence[name] !== 'none' || contacts[name] !== null)
    .map(({ name, channel, label }) => ({
      label,
      contact: contacts[name],
      // The type may have no such contact any more: then it is only shown.
      url: presence[name] === 'none' ? null : `/account/contact?channel=${channel}`,
    }))
}

function iconOf(device: SessionRow['device']): string {
  return device && PHONES.includes(device.system) ? 'icons/phone' : 'icons/screen'
}
