import { type Page, sheet } from '../../http/page.ts'
import type { Text, TextKey } from '../../http/texts.ts'
import type { AskedConsent, PersonShown, Topic } from '../../oidc/index.ts'

export interface ConsentPage {
  readonly action: string
  readonly clientName: string
  readonly clientHost: string
  /** Run by the same organisation: it asks only because the application wants it asked. */
  readonly firstParty: boolean
  readonly asked: AskedConsent
  /** Where the person can end it again. */
  readonly accountUrl: string | null
}

/** One thing that is asked for: what it is, and the person's own value of it. */
interface Row {
  readonly icon: 'person' | 'mail' | 'phone' | 'shield' | 'key' | 'clock'
  readonly text: TextKey
  /** The API that the text speaks of. */
  readonly api: string | null
  /** The field that the text speaks of, as the user type calls it. */
  readonly field: string | null
  readonly value: string | null
  /** Addresses and numbers run so in every language. */
  readonly leftToRight: boolean
  /** Names that programs use: roles, scopes. */
  readonly codes: readonly string[]
  readonly note: Text | null
}

export function consentPage({ asked, ...page }: ConsentPage): Page {
  const { person } = asked
  const rows = [
    ...asked.topics.map((topic) => aboutPerson(topic, person)),
    ...asked.fields.map(({ label, value }) => row('person', 'consent.field', { field: label, value })),
    ...asked.ownScopes.flatMap((scope) => toLatchkey(scope)),
    ...(asked.organisation ? [row('key', 'consent.organisation')] : []),
    ...asked.apis.map(({ name, scopes }) => row('key', 'consent.api', { api: name, codes: scopes })),
    ...(asked.awaySeconds === null ? [] : [whileAway(asked.awaySeconds)]),
  ]
  const shown = rows.length > 0 ? rows : [row('person', 'consent.recognise')]
  const model = {
    ...page,
    rows: shown.map((one) => ({ ...one, hasMore: one.value || one.codes.length > 0 || one.note })),
    isMore: asked.isMore,
    signedInAs: person.name ?? person.email ?? person.phone,
  }
  return sheet('consent/ask', { key: 'consent.title', values: { client: page.clientName } }, model)
}

function row(icon: Row['icon'], text: TextKey, change: Partial<Row> = {}): Row {
  return {
    icon,
    text,
    api: null,
    field: null,
    value: null,
    leftToRight: false,
    codes: [],
    note: null,
    ...change,
  }
}

function aboutPerson(topic: Topic, { name, email, phone, userType, roles }: PersonShown): Row {
  switch (topic) {
    case 'profile':
      return row('person', 'consent.profile', { value: name })
    case 'email':
      return row('mail', 'consent.email', { value: email, leftToRight: true })
    case 'phone':
      return row('phone', 'consent.phone', { value: phone, leftToRight: true })
    case 'roles':
      return row('shield', 'consent.roles', { value: userType, codes: roles })
  }
}

const OWN_SCOPES: Readonly<Record<string, TextKey>> = {
  account: 'consent.account',
  'admin:read': 'consent.adminRead',
  'admin:write': 'consent.adminWrite',
}

function toLatchkey(scope: string): Row[] {
  const key = OWN_SCOPES[scope]
  return key === undefined ? [] : [row('shield', key)]
}

const DAY = 86_400
const HOUR = 3600
const MINUTE = 60

/** In the largest unit of which there are two. */
function whileAway(seconds: number): Row {
  const lasting = (key: TextKey, unit: number): Row =>
    row('clock', 'consent.away', { note: { key, values: { count: Math.floor(seconds / unit) } } })
  if (seconds >= 2 * DAY) return lasting('consent.forDays', DAY)
  if (seconds >= 2 * HOUR) return lasting('consent.forHours', HOUR)
  return lasting('consent.forMinutes', MINUTE)
}
