import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage, type Storage } from '../../src/storage/index.ts'
import { addEmployee } from '../support/add-employee.ts'
import { administer } from '../support/administer.ts'
import { type Application, application, callTokenEndpoint, open, redeem } from '../support/applications.ts'
import { changeUserType } from '../support/change-user-type.ts'
import { latchkey } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import type { Visitor } from '../support/form-visitor.ts'
import { type LogoutReceiver, startLogoutReceiver } from '../support/logout-receiver.ts'
import { addAccount, isSignedIn, isTokenAlive, openPage } from '../support/my-account.ts'
import { codeFor, GOOD_PASSWORD, signIn } from '../support/people.ts'
import { aUserType } from '../support/records.ts'
import { NEW_PASSWORD, proveContact } from '../support/recovery.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'
import {
  type Cells,
  COLUMNS,
  type Column,
  EVENTS,
  type EventName,
  type Extent,
  matrixAsMarkdown,
  titleOf,
  wordsOf,
} from './event-matrix.table.ts'

/** What one application was given in one browser. */
interface Given {
  /** Such as `here/shop`. */
  readonly name: string
  readonly app: Application
  readonly accessToken: string
  /** The newest of its family. */
  refreshToken: string
  readonly sid: string
  readonly code: { readonly value: string; readonly verifier: string }
}

/** Somebody signed in in two browsers, at two applications in each; what happens happens here, at the shop. */
interface Scene {
  readonly accountId: string
  readonly email: string
  readonly here: Visitor
  readonly elsewhere: Visitor
  /** The first is here, at the shop. */
  readonly given: readonly [Given, ...Given[]]
}

const GRACE_IS_OVER_SECONDS = 11

const MAGISTRATE = aUserType({
  id: 'magistrate',
  identifiers: ['employeeId', 'email'],
  employee: { roles: ['magistrate'], match: [], contact: 'any' },
})

/** Each event, as a person, an operator or an administrator causes it. */
const HAPPENINGS: Readonly<Record<EventName, (scene: Scene) => Promise<unknown>>> = {
  'sign out': async ({ here }) => {
    await openPage(here)
    await here.submit('sign-out', { decision: 'sign-out' })
  },
  'sign out everywhere': async ({ here }) => {
    await openPage(here)
    await here.submit('sign-out-everywhere')
  },
  'sign out everywhere by an administrator': ({ accountId }) =>
    administer(node, (administration, _, origin) => administration.endSignIns(accountId, origin)),
  deactivate: async ({ here }) => {
    await openPage(here, '/account/deactivate')
    await here.submit('deactivate', { currentPassword: GOOD_PASSWORD })
  },
  disable: ({ accountId }) => latchkey(node, 'accounts', 'disable', accountId),
  delete: ({ accountId }) =>
    administer(node, (administration, _, origin) => administration.deleteAccount(accountId, origin)),
  'password reset': async ({ email }) => {
    const stranger = await proveContact(node.url, email)
    await stranger.submit('new-password', { newPassword: NEW_PASSWORD })
  },
  'password change': async ({ here }) => {
    await openPage(here, '/account/password')
    const newPassword = 'seven-grey-herons-at-noon'
    await here.submit('change-password', { currentPassword: GOOD_PASSWORD, newPassword })
  },
  'contact changed': async ({ here, email }) => {
    const contact = `new.${email}`
    await openPage(here, '/account/contact?channel=email')
    await here.submit('change-contact', { contact })
    await here.submit('code', { code: await codeFor(node.url, contact) })
  },
  'contact removed': async ({ here }) => {
    await openPage(here, '/account/contact/remove?channel=sms')
    await here.submit('remove-contact')
  },
  'role changed': ({ accountId }) =>
    administer(node, async (administration, _, origin) => {
      const { version = 0 } = (await storage.accounts.find(accountId)) ?? {}
      return administration.setRoles(accountId, ['archivist'], version, origin)
    }),
  'user type changed': ({ email }) =>
    changeUserType(node, 'user', (type) => ({ ...type, roles: [...type.roles, email.replace('@', '.')] })),
  'employee record ended': ({ email }) =>
    administer(node, (_, employees, origin) =>
      employees.change(employeeIdOf(email), { version: null, status: 'ended' }, origin),
    ),
  'employee claim released': ({ email }) =>
    administer(node, (_, employees, origin) => employees.release(employeeIdOf(email), origin)),
  'client disabled': async () => {
    await setDisabled(true)
    enableAgain = () => setDisabled(false)
  },
  'client disabled and enabled again': async () => {
    await setDisabled(true)
    await setDisabled(false)
  },
  'client revoked by an administrator': () => revoke({ kind: 'client', id: shop.id }),
  'session revoked by an administrator': async ({ given: [{ accessToken }] }) => {
    const grant = await grantOf(accessToken)
    await revoke({ kind: 'session', id: grant?.sessionUid ?? '' })
  },
  'grant revoked by an administrator': ({ given: [{ accessToken }] }) =>
    revoke({ kind: 'grant', id: grantIdOf(accessToken) }),
  'access token revoked by its client': ({ given: [{ app, accessToken }] }) => revokeAt(app, accessToken),
  'refresh token revoked by its client': ({ given: [{ app, refreshToken }] }) => revokeAt(app, refreshToken),
  'access token revoked by its id': ({ given: [{ accessToken }] }) =>
    revoke({ kind: 'token', jti: String(claimsOf(accessToken)['jti']) }),
  'refresh token reused after its grace': async ({ given: [mine] }) => {
    const first = mine.refreshToken
    mine.refreshToken = (await refresh(mine)).body.refresh_token ?? ''
    await clock.later(GRACE_IS_OVER_SECONDS, () => refresh({ ...mine, refreshToken: first }))
  },
  'authorization code reused': ({ given: [{ app, code }] }) =>
    callTokenEndpoint(node.url, app, {
      grant_type: 'authorization_code',
      code: code.value,
      redirect_uri: app.redirectUri,
      code_verifier: code.verifier,
    }),
}

/** RFC 7009 §2.1. */
async function revokeAt(app: Application, token: string): Promise<void> {
  const answer = await fetch(`${node.url}/revocation`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${app.id}:${app.secret}`)}` },
    body: new URLSearchParams({ token }),
  })
  expect(answer.status).toBe(200)
}

const EMPLOYEE_EVENTS: readonly EventName[] = ['employee record ended', 'employee claim released']

let clock: ShiftedClock
let receiver: LogoutReceiver
let node: FastNode
let storage: Storage
let shop: Application
let bank: Application
let enableAgain: (() => Promise<unknown>) | null = null
let count = 0

beforeAll(async () => {
  clock = shiftedClock()
  receiver = await startLogoutReceiver()
  shop = toldApplication('shop')
  bank = toldApplication('bank')
  node = await startFastNode({ clock }, { clients: [shop.registration, bank.registration] })
  storage = await openStorage(node.settings.storage, { clock: systemClock })
  await storage.userTypes.keep([MAGISTRATE], systemClock.now(), [])
})

afterAll(async () => {
  await storage.close()
  await node.stop()
  await receiver.stop()
})

function toldApplication(id: string): Application {
  return application(id, id, `https://${id}.example/callback`, {
    client_secret: `${id}-secret-for-development-only`,
    grant_types: ['authorization_code', 'refresh_token'],
    latchkey_first_party: true,
    backchannel_logout_uri: receiver.urlOf(id),
  })
}

const employeeIdOf = (email: string) => email.replace(/@.*/, '').replace('.', '-')

async function openScene(event: EventName): Promise<Scene> {
  count += 1
  const email = `ann.${count}@example.org`
  const phone = `+1415555${5000 + count}`
  const accountId = EMPLOYEE_EVENTS.includes(event)
    ? await addOfficer(email)
    : await addAccount(node, { email, phone })
  const { visitor: elsewhere } = await signIn(node.url, email)
  const { visitor: here } = await signIn(node.url, email)
  const others = [
    await enter('elsewhere', elsewhere, shop),
    await enter('elsewhere', elsewhere, bank),
    await enter('here', here, bank),
  ]
  return { accountId, email, here, elsewhere, given: [await enter('here', here, shop), ...others] }
}

async function addOfficer(email: string): Promise<string> {
  const employeeId = employeeIdOf(email)
  await addEmployee(node, { employeeId, shownId: employeeId, role: 'magistrate', phone: null })
  const claim = { employeeId, recordVersion: 1, role: 'magistrate', checkedAt: systemClock.now() }
  return addAccount(node, { userType: 'magistrate', employeeId, email, claim })
}

/** Goes to an application, already signed in. */
async function enter(where: 'here' | 'elsewhere', visitor: Visitor, app: Application): Promise<Given> {
  const { url, verifier } = createRelyingParty(node.url, app).authorize({ scope: 'openid' })
  await open(node.url, url, visitor)
  const value = new URL(visitor.at.url).searchParams.get('code') ?? ''
  const tokens = await redeem(node.url, app, visitor, verifier)
  return {
    name: `${where}/${app.id}`,
    app,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? '',
    sid: String(claimsOf(tokens.id_token)['sid']),
    code: { value, verifier },
  }
}

function refresh({ app, refreshToken }: Pick<Given, 'app' | 'refreshToken'>) {
  return callTokenEndpoint(node.url, app, { grant_type: 'refresh_token', refresh_token: refreshToken })
}

async function setDisabled(disabled: boolean): Promise<void> {
  const outcome = await administer(node, ({ clients }, _, origin) =>
    disabled ? clients.disable(shop.id, origin) : clients.enable(shop.id, origin),
  )
  expect(outcome).toBe('changed')
}

async function revoke(what: Parameters<Parameters<Parameters<typeof administer>[1]>[0]['revoke']>[0]) {
  const outcome = await administer(node, ({ revoke: end }, _, origin) => end(what, 'test', origin))
  expect(outcome).toBe('revoked')
}

const grantIdOf = (accessToken: string) => String(claimsOf(accessToken)['latchkey_grant'])
const grantOf = (accessToken: string) =>
  storage.artifacts.find('Grant', grantIdOf(accessToken), systemClock.now())

/** Everything that died has been followed up, and everybody who is to be told was. */
function everybodyIsTold(): Promise<void> {
  return eventually('clients of ended sessions are told', async () => {
    const followed = await storage.logoutNotices.followedTo()
    if (followed < (await storage.revocations.newestDead())) return false
    return (await storage.logoutNotices.countWaiting()) === 0
  })
}

async function those<T>(all: readonly T[], is: (one: T) => boolean | Promise<boolean>): Promise<T[]> {
  const found: T[] = []
  for (const one of all) if (await is(one)) found.push(one)
  return found
}

/** What is dead of each column, by name. */
async function observe({ accountId, here, elsewhere, given }: Scene) {
  const names = (some: readonly { name: string }[]) => some.map(({ name }) => name).sort()
  const browsers = [
    { name: 'here', visitor: here },
    { name: 'elsewhere', visitor: elsewhere },
  ]
  const sessions = await those(browsers, async ({ visitor }) => !(await isSignedIn(node.url, visitor)))
  const accessTokens = await those(given, async (one) => !(await isTokenAlive(node.url, one.accessToken)))
  const devices = await storage.devices.listByAccount(accountId, systemClock.now(), 10)
  await everybodyIsTold()
  const isTold = ({ app, sid }: Given) =>
    receiver.tokensTo(app.id).some((token) => claimsOf(token)['sid'] === sid)
  const told = await those(given, isTold)
  const refreshTokens = await those(given, async (one) => (await refresh(one)).status !== 200)
  return {
    sessions: names(sessions),
    accessTokens: names(accessTokens),
    refreshTokens: names(refreshTokens),
    devices: devices.length === 2 ? [] : devices.length === 0 ? ['here', 'elsewhere'] : ['some'],
    told: names(told),
  }
}

/** What an extent means of everything there is. */
function expected(column: Column, extent: Extent): string[] {
  const isOfBrowsers = column === 'sessions' || column === 'devices'
  const all = isOfBrowsers
    ? ['here', 'elsewhere']
    : ['here/shop', 'here/bank', 'elsewhere/shop', 'elsewhere/bank']
  const dead: Readonly<Record<Extent, (name: string) => boolean>> = {
    none: () => false,
    this: (name) => name.startsWith('here'),
    others: (name) => name.startsWith('elsewhere'),
    all: () => true,
    client: (name) => name.endsWith('/shop'),
    grant: (name) => name === 'here/shop',
    token: (name) => name === 'here/shop',
  }
  return all.filter(dead[extent]).sort()
}

describe('before anything happens', () => {
  it('everything is alive, and nobody was told anything', async () => {
    const nothing = { sessions: [], accessTokens: [], refreshTokens: [], devices: [], told: [] }
    expect(await observe(await openScene('sign out'))).toEqual(nothing)
  })
})

describe.each(Object.entries(EVENTS) as [EventName, Cells][])('after %s', (event, cells) => {
  let dead: Awaited<ReturnType<typeof observe>>

  beforeAll(async () => {
    const scene = await openScene(event)
    await HAPPENINGS[event](scene)
    dead = await observe(scene)
    await enableAgain?.()
    enableAgain = null
  })

  it.each(COLUMNS.map((column) => [titleOf(column), wordsOf(column, cells[column]), column] as const))(
    '%s: %s',
    (_title, _words, column) => {
      expect([...dead[column]].sort()).toEqual(expected(column, cells[column]))
    },
  )
})

describe('the documentation', () => {
  it('has this table; where it does not, put the text below between the marks of docs/revocation.md', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'revocation.md'), 'utf8')
    const shown = /<!-- matrix -->\n\n(.*?)\n\n<!-- \/matrix -->/s.exec(page)?.[1]
    expect(shown).toBe(matrixAsMarkdown())
  })
})
