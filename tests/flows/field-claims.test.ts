import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type UserType, userTypesFileSchema } from '../../src/domain/user-types/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { verhoeffDigitOf } from '../../src/lib/verhoeff.ts'
import { openData } from '../../src/open-data.ts'
import { addAccount } from '../support/add-account.ts'
import {
  APPLICATIONS,
  type Application,
  answerAt,
  application,
  CASE_NOTES,
  callTokenEndpoint,
  DEMO_APP,
  formsAt,
  ORDERS_API,
  open,
  redeem,
  typeCredentials,
} from '../support/applications.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { createVisitor, type Visitor } from '../support/form-visitor.ts'
import { claimsOf, createRelyingParty, type TokenAnswer } from '../support/relying-party.ts'

const AADHAAR = `23412341234${verhoeffDigitOf('23412341234')}`
const MASKED = `••••••••${AADHAAR.slice(-4)}`

const OFFICER = {
  id: 'officer',
  name: 'Officer',
  signUp: 'closed',
  identifiers: ['email'],
  contacts: { email: 'required', phone: 'none' },
  fields: [
    { name: 'fullName', label: 'Full name', kind: 'text', claim: 'name', scope: 'profile' },
    { name: 'badge', label: 'Badge number', kind: 'text', claim: 'badge', scope: 'service' },
    { name: 'rank', label: 'Rank', kind: 'number', claim: 'urn:example:rank', scope: 'service' },
    {
      ...{ name: 'aadhaar', label: 'Aadhaar number', kind: 'nationalId', scheme: 'aadhaar' },
      ...{ unique: true, sensitive: true, claim: 'national_id', scope: 'identity' },
    },
    { name: 'remark', label: 'Remark', kind: 'text' },
  ],
  roles: ['officer'],
  otp: {
    ...{ channels: ['email'], when: 'always', digits: 6, lifetimeSeconds: 300 },
    ...{ resendSeconds: 30, attempts: 5 },
  },
  lifetimes: {
    ...{ accessTokenSeconds: 900, refreshTokenSeconds: 86_400 },
    ...{ sessionIdleSeconds: 86_400, sessionSeconds: 86_400 },
  },
}

/** Its registration names a scope of fields, and one that nobody knows any more. */
const NARROW = application('narrow', 'Narrow', 'https://narrow.example/callback', {
  latchkey_first_party: true,
  scope: 'openid service gone-with-its-field',
})

let node: FastNode

beforeAll(async () => {
  const { userTypes } = userTypesFileSchema.parse({ userTypes: [OFFICER] })
  node = await startFastNode(
    { change: (settings) => ({ ...settings, userTypes: [...settings.userTypes, ...userTypes] }) },
    { ...APPLICATIONS, clients: [...APPLICATIONS.clients, NARROW.registration] },
  )
})

afterAll(() => node.stop())

const VALUES = { fullName: 'Asha Rao', badge: 'B-4417', rank: 7, aadhaar: AADHAAR, remark: 'secret remark' }
let added = 0

/** A new officer with values of their own, so that nobody shares a unique one. */
async function anOfficer(values: Readonly<Record<string, string | number>> = VALUES): Promise<string> {
  added += 1
  const email = `officer${added}@example.org`
  const { aadhaar, ...rest } = values
  const first = `${300 + added}00000000`
  const fields = aadhaar === undefined ? rest : { ...rest, aadhaar: first + verhoeffDigitOf(first) }
  await addAccount(node, { userType: 'officer', email, fields: added === 1 ? values : fields })
  return email
}

async function ask(visitor: Visitor, app: Application, scope: string, more: Record<string, string> = {}) {
  const request = createRelyingParty(node.url, app).authorize({ scope, ...more })
  await open(node.url, request.url, visitor)
  return request
}

/** Signs in for an application that is the organisation's, and learns what it gets. */
async function learnAs(email: string, app: Application, scope: string, more: Record<string, string> = {}) {
  const visitor = createVisitor(node.url)
  const request = await ask(visitor, app, scope, more)
  await typeCredentials(node.url, visitor, email)
  return { visitor, ...(await learn(app, visitor, request)) }
}

async function learn(app: Application, visitor: Visitor, { verifier }: { verifier: string }) {
  const tokens = await redeem(node.url, app, visitor, verifier)
  const { access_token: access, id_token: id } = tokens
  return { ...tokens, access: claimsOf(access), id: claimsOf(id), userinfo: await userinfo(tokens) }
}

async function userinfo({ access_token: token }: TokenAnswer) {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${node.url}/userinfo`, { headers })
  return (await response.json()) as Record<string, unknown>
}

async function discovery() {
  const response = await fetch(`${node.url}/.well-known/openid-configuration`)
  return (await response.json()) as { scopes_supported: string[]; claims_supported: string[] }
}

function rowsAt({ at }: Visitor): string[] {
  return at.page.querySelectorAll('.rows li').map((row) => row.text.replace(/\s+/g, ' ').trim())
}

/** A new version of the type, as another process writes it. */
async function changeOfficer(change: (type: UserType) => object): Promise<void> {
  const { storage } = await openData(node.settings, systemClock, systemRandom)
  const stored = await storage.userTypes.find('officer')
  if (!stored) throw new Error('There is no officer.')
  const { userTypes } = userTypesFileSchema.parse({ userTypes: [change(stored.type)] })
  const [type] = userTypes
  if (!type) throw new Error('There is no type.')
  const done = await storage.userTypes.replace(type, stored.version, systemClock.now(), {
    audit: [],
    raises: [],
  })
  await storage.close()
  expect(done).toBe('replaced')
}

describe('a field with claim and scope', () => {
  it('is told in ID token, access token and userinfo when its scope was asked for', async () => {
    const told = await learnAs(await anOfficer(), DEMO_APP, 'openid profile service')
    for (const claims of [told.access, told.id, told.userinfo]) {
      expect(claims).toMatchObject({ name: 'Asha Rao', badge: 'B-4417', 'urn:example:rank': 7 })
      expect(claims).not.toHaveProperty('national_id')
      expect(JSON.stringify(claims)).not.toContain('remark')
    }
    expect(told.access).toMatchObject({ scope: 'openid profile service' })
  })

  it('is told masked where it is sensitive', async () => {
    const told = await learnAs('officer1@example.org', DEMO_APP, 'openid identity')
    for (const claims of [told.access, told.id, told.userinfo]) {
      expect(claims).toMatchObject({ national_id: MASKED })
      expect(claims).not.toHaveProperty('badge')
      expect(claims).not.toHaveProperty('name')
      expect(JSON.stringify(claims)).not.toContain(AADHAAR)
    }
  })

  it('is not told without its scope, nor where the person has no value', async () => {
    const without = await learnAs(await anOfficer(), DEMO_APP, 'openid email')
    const empty = await learnAs(await anOfficer({ rank: 1 }), DEMO_APP, 'openid profile service identity')
    for (const claims of [without.access, without.id, without.userinfo]) {
      for (const claim of ['name', 'badge', 'urn:example:rank', 'national_id'])
        expect(claims).not.toHaveProperty([claim])
    }
    for (const claims of [empty.access, empty.id, empty.userinfo]) {
      expect(claims).toHaveProperty(['urn:example:rank'], 1)
      for (const claim of ['name', 'badge', 'national_id']) expect(claims).not.toHaveProperty([claim])
    }
  })

  it('is told by the token for an API, which has the scope too', async () => {
    const more = { resource: ORDERS_API.identifier }
    const told = await learnAs(await anOfficer(), DEMO_APP, 'openid service orders:read', more)
    expect(told.access).toMatchObject({
      aud: ORDERS_API.identifier,
      scope: 'openid service orders:read',
      badge: 'B-4417',
    })
  })

  it('can be asked for by its claim alone, in the place that was asked for', async () => {
    const claims = JSON.stringify({ id_token: { badge: null }, userinfo: { name: { essential: true } } })
    const told = await learnAs(await anOfficer(), DEMO_APP, 'openid', { claims })
    expect(told.id).toMatchObject({ badge: 'B-4417' })
    expect(told.id).not.toHaveProperty('name')
    expect(told.userinfo).toMatchObject({ name: 'Asha Rao' })
    expect(told.userinfo).not.toHaveProperty('badge')
    expect(told.access).not.toHaveProperty('badge')
  })

  it('stays out of the token of a refresh that asks for less', async () => {
    const told = await learnAs(await anOfficer(), DEMO_APP, 'openid profile service')
    const { body } = await callTokenEndpoint(node.url, DEMO_APP, {
      grant_type: 'refresh_token',
      refresh_token: told.refresh_token ?? '',
      scope: 'openid profile',
    })
    expect(claimsOf(body.access_token ?? '')).toMatchObject({ name: 'Asha Rao', scope: 'openid profile' })
    for (const token of [body.access_token, body.id_token])
      expect(claimsOf(token ?? '')).not.toHaveProperty('badge')
  })

  it('is announced by discovery, and its scope may stand in the registration of a client', async () => {
    const { scopes_supported: scopes, claims_supported: claims } = await discovery()
    expect(scopes).toEqual(expect.arrayContaining(['profile', 'service', 'identity']))
    expect(new Set(scopes).size).toBe(scopes.length)
    expect(claims).toEqual(expect.arrayContaining(['name', 'badge', 'urn:example:rank', 'national_id']))

    const told = await learnAs(await anOfficer(), NARROW, 'openid service')
    expect(told.id).toMatchObject({ badge: 'B-4417' })
    const visitor = createVisitor(node.url)
    await ask(visitor, NARROW, 'openid identity')
    expect(answerAt(visitor).get('error')).toBe('invalid_scope')
  })
})

describe('an application of somebody else', () => {
  it('shows the fields that it asks for by their labels, with what it would be told', async () => {
    const email = await anOfficer({ fullName: 'Asha Rao', badge: 'B-4417', aadhaar: '' })
    const visitor = createVisitor(node.url)
    const request = await ask(visitor, CASE_NOTES, 'openid profile service identity')
    await typeCredentials(node.url, visitor, email)
    expect(formsAt(visitor)).toEqual(['consent'])
    const masked = rowsAt(visitor).find((row) => row.includes('Aadhaar'))
    expect(masked).toMatch(/^See from your account: Aadhaar number •{8}\d{4}$/)
    expect(rowsAt(visitor).slice(0, 4)).toEqual([
      'See your name Asha Rao',
      'See from your account: Badge number B-4417',
      'See from your account: Rank',
      masked,
    ])
    await visitor.submit('consent', { decision: 'allow' })
    const told = await learn(CASE_NOTES, visitor, request)
    for (const claims of [told.access, told.id, told.userinfo]) {
      expect(claims).toMatchObject({ name: 'Asha Rao', badge: 'B-4417' })
      expect(`See from your account: Aadhaar number ${claims['national_id']}`).toBe(masked)
    }
  })

  it('is asked again for a field under a scope that was not agreed to, and told nothing before', async () => {
    const email = await anOfficer()
    const visitor = createVisitor(node.url)
    const first = await ask(visitor, CASE_NOTES, 'openid')
    await typeCredentials(node.url, visitor, email)
    await visitor.submit('consent', { decision: 'allow' })
    expect((await learn(CASE_NOTES, visitor, first)).id).not.toHaveProperty('badge')
    const silent = await ask(visitor, CASE_NOTES, 'openid service', { prompt: 'none' })
    expect(answerAt(visitor).get('error')).toBe('consent_required')
    expect(silent.url).toContain('service')
    await ask(visitor, CASE_NOTES, 'openid service')
    expect(rowsAt(visitor)).toEqual([
      'See from your account: Badge number B-4417',
      'See from your account: Rank 7',
    ])
    const byClaim = JSON.stringify({ id_token: { badge: null } })
    await ask(visitor, CASE_NOTES, 'openid', { claims: byClaim })
    expect(rowsAt(visitor)).toEqual(['See from your account: Badge number B-4417'])
  })

  it('is told to ask for the fields of others, where the person’s own type has none', async () => {
    await addAccount(node, { email: 'plain@example.org' })
    const visitor = createVisitor(node.url)
    const request = await ask(visitor, CASE_NOTES, 'openid service')
    await typeCredentials(node.url, visitor, 'plain@example.org')
    expect(rowsAt(visitor).slice(0, 2)).toEqual([
      'See from your account: Badge number',
      'See from your account: Rank',
    ])
    await visitor.submit('consent', { decision: 'allow' })
    expect((await learn(CASE_NOTES, visitor, request)).id).not.toHaveProperty('badge')
  })
})

describe('a type that is changed while the node runs, by another process', () => {
  it('has its new scopes and claims at once, and not those that it has no longer', async () => {
    const email = await anOfficer()
    const before = await learnAs(email, DEMO_APP, 'openid station service')
    expect(before.access).toMatchObject({ scope: 'openid service', badge: 'B-4417' })

    await changeOfficer((type) => ({
      ...type,
      fields: type.fields.map((field) =>
        field.name === 'badge' ? { ...field, claim: 'station_badge', scope: 'station' } : field,
      ),
    }))
    const told = await learnAs(email, DEMO_APP, 'openid station service')
    for (const claims of [told.access, told.id, told.userinfo]) {
      expect(claims).toMatchObject({ station_badge: 'B-4417', 'urn:example:rank': 7 })
      expect(claims).not.toHaveProperty('badge')
    }
    expect(told.access).toMatchObject({ scope: 'openid station service' })
    expect((await discovery()).scopes_supported).toContain('station')

    await changeOfficer((type) => ({
      ...type,
      fields: type.fields.filter(({ scope }) => scope !== 'service'),
    }))
    const { body, status } = await callTokenEndpoint(node.url, DEMO_APP, {
      grant_type: 'refresh_token',
      refresh_token: told.refresh_token ?? '',
    })
    expect(status).toBe(200)
    expect(claimsOf(body.access_token ?? '')).toMatchObject({
      scope: 'openid station',
      station_badge: 'B-4417',
    })
    expect(claimsOf(body.id_token ?? '')).not.toHaveProperty('urn:example:rank')
    // The registration of this client still names the scope that is gone.
    const narrow = await learnAs(email, NARROW, 'openid service')
    expect(narrow.id).not.toHaveProperty('urn:example:rank')
  })

  it('gives nobody under an old consent what its scope did not open then', async () => {
    const email = await anOfficer()
    const visitor = createVisitor(node.url)
    const request = await ask(visitor, CASE_NOTES, 'openid post')
    await typeCredentials(node.url, visitor, email)
    await visitor.submit('consent', { decision: 'allow' })
    await changeOfficer((type) => ({
      ...type,
      fields: type.fields.map((field) =>
        field.name === 'remark' ? { ...field, claim: 'remark', scope: 'post' } : field,
      ),
    }))
    const told = await learn(CASE_NOTES, visitor, request)
    for (const claims of [told.access, told.id, told.userinfo]) expect(claims).not.toHaveProperty('remark')
  })
})
