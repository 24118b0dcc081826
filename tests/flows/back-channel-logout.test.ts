import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { type Application, application, open, redeem } from '../support/applications.ts'
import { auditOf } from '../support/audit-records.ts'
import { changeUserType } from '../support/change-user-type.ts'
import { latchkey } from '../support/command.ts'
import { roomyConfigDir } from '../support/config-dir.ts'
import { eventually } from '../support/eventually.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import type { Visitor } from '../support/form-visitor.ts'
import { type LogoutReceiver, startLogoutReceiver, verifyLogoutToken } from '../support/logout-receiver.ts'
import { addAccount, openPage } from '../support/my-account.ts'
import { GOOD_PASSWORD, signIn, signUp, tokensOf } from '../support/people.ts'
import { claimsOf, createRelyingParty } from '../support/relying-party.ts'
import { startSecondNode } from '../support/second-node.ts'
import { shiftedClock } from '../support/shifted-clock.ts'

/** The longest pause after a first failure. */
const PAST_RETRY_SECONDS = 6
/** How long after that the queue has looked. */
const LOOK_EVERY_MS = 1000
/** What a dead process held is then another's. */
const PAST_LEASES_SECONDS = 31

const clock = shiftedClock()
let receiver: LogoutReceiver
let node: FastNode
let apps: Record<'shop' | 'bank' | 'slow' | 'flaky', Application>
let count = 0

beforeAll(async () => {
  receiver = await startLogoutReceiver()
  apps = {
    shop: toldApplication('shop'),
    bank: toldApplication('bank', { id_token_signed_response_alg: 'ES256' }),
    slow: toldApplication('slow'),
    flaky: toldApplication('flaky', { id_token_signed_response_alg: 'EdDSA' }),
  }
  receiver.answer('slow', 'hang')
  node = await startFastNode({ clock }, { clients: registrations() })
})

afterAll(async () => {
  await node.stop()
  await receiver.stop()
})

function toldApplication(id: string, more: Readonly<Record<string, unknown>> = {}): Application {
  return application(id, id, `https://${id}.example/callback`, {
    client_secret: `${id}-secret-for-development-only`,
    grant_types: ['authorization_code', 'refresh_token'],
    latchkey_first_party: true,
    backchannel_logout_uri: receiver.urlOf(id),
    ...more,
  })
}

const registrations = () => Object.values(apps).map(({ registration }) => registration)

/** Goes to an application, already signed in; the id token says how it knows the session. */
async function enter(issuer: string, visitor: Visitor, app: Application) {
  const { url, verifier } = createRelyingParty(issuer, app).authorize({ scope: 'openid' })
  await open(issuer, url, visitor)
  const tokens = await redeem(issuer, app, visitor, verifier)
  return { ...tokens, sub: String(claimsOf(tokens.id_token)['sub']), sid: sidOf(tokens.id_token) }
}

const sidOf = (idToken: string) => String(claimsOf(idToken)['sid'])

async function newPerson() {
  count += 1
  const email = `told.${count}@example.org`
  const accountId = await addAccount(node, { email })
  return { email, accountId }
}

async function signedIn(email: string): Promise<Visitor> {
  return (await signIn(node.url, email)).visitor
}

async function signOut(visitor: Visitor): Promise<void> {
  await visitor.get('/session/end')
  await visitor.submit('sign-out', { decision: 'sign-out' })
}

describe('back-channel logout', () => {
  it('is found through discovery', async () => {
    const discovery = await fetch(`${node.url}/.well-known/openid-configuration`)
    expect(await discovery.json()).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    })
  })

  it('tells every client of a session that its person ended, by a logout token each', async () => {
    const { email, accountId } = await newPerson()
    const visitor = await signedIn(email)
    const shop = await enter(node.url, visitor, apps.shop)
    const bank = await enter(node.url, visitor, apps.bank)
    await signOut(visitor)

    for (const [app, { sub, sid }, alg] of [
      [apps.shop, shop, 'RS256'],
      [apps.bank, bank, 'ES256'],
    ] as const) {
      const [token = ''] = await receiver.tokensAbout(app.id, sid)
      const { payload, protectedHeader } = await verifyLogoutToken(token, node.url, app.id)
      expect(protectedHeader).toMatchObject({ alg, typ: 'logout+jwt' })
      expect(payload).toMatchObject({
        sub,
        sid,
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      })
      expect(payload).not.toHaveProperty('nonce')
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(120)
    }
    await eventually('both are in the audit', async () => {
      const told = (await auditOf(node, 'logout.told')).filter(({ subjectId }) => subjectId === accountId)
      return (
        told
          .map(({ clientId }) => clientId)
          .sort()
          .join() === 'bank,shop'
      )
    })
  })

  it('tells nobody but the clients of that session', async () => {
    const { email } = await newPerson()
    const here = await signedIn(email)
    const elsewhere = await signedIn(email)
    const shop = await enter(node.url, here, apps.shop)
    const others = await enter(node.url, elsewhere, apps.shop)
    await signOut(here)
    await receiver.tokensAbout('shop', shop.sid)
    // What ends later is told later: had the other been told, that would have been before.
    await signOut(elsewhere)
    expect(await receiver.tokensAbout('shop', others.sid)).toHaveLength(1)
    expect(await receiver.tokensAbout('shop', shop.sid)).toHaveLength(1)
  })

  it('also follows a sign-out that an ID token proves', async () => {
    const { email } = await newPerson()
    const visitor = await signedIn(email)
    const shop = await enter(node.url, visitor, apps.shop)
    const end = await visitor.get(`/session/end?id_token_hint=${shop.id_token}`)
    expect(end.status).toBe(303)
    await receiver.tokensAbout('shop', shop.sid)
  })

  it('follows a sign-out everywhere, for every session', async () => {
    const { email } = await newPerson()
    const [here, elsewhere] = [await signedIn(email), await signedIn(email)]
    const sids = [await enter(node.url, here, apps.shop), await enter(node.url, elsewhere, apps.bank)]
    await openPage(here)
    await here.submit('sign-out-everywhere')
    await receiver.tokensAbout('shop', sids[0]?.sid ?? '')
    await receiver.tokensAbout('bank', sids[1]?.sid ?? '')
  })

  it('follows a change of password, but for the session in which it is done', async () => {
    const { email } = await newPerson()
    const [here, elsewhere] = [await signedIn(email), await signedIn(email)]
    const mine = await enter(node.url, here, apps.shop)
    const others = await enter(node.url, elsewhere, apps.shop)
    await openPage(here, '/account/password')
    const newPassword = 'seven-grey-herons-at-noon'
    await here.submit('change-password', { currentPassword: GOOD_PASSWORD, newPassword })
    await receiver.tokensAbout('shop', others.sid)
    await signOut(here)
    expect(await receiver.tokensAbout('shop', mine.sid)).toHaveLength(1)
  })

  it('follows an operator who disables an account by a command', async () => {
    const { email, accountId } = await newPerson()
    const shop = await enter(node.url, await signedIn(email), apps.shop)
    await latchkey(node, 'accounts', 'disable', accountId)
    await receiver.tokensAbout('shop', shop.sid)
  })

  it('tells a client that was disabled of its part in a session that lives on', async () => {
    const { email } = await newPerson()
    const visitor = await signedIn(email)
    const bank = await enter(node.url, visitor, apps.bank)
    const shop = await enter(node.url, visitor, apps.shop)
    const storage = await openStorage(node.settings.storage, { clock: systemClock })
    const owner = { kind: 'client', id: 'bank' } as const
    await storage.revocations.raise([{ owner, signIn: true }], systemClock.now(), [])
    await storage.close()
    await receiver.tokensAbout('bank', bank.sid)
    await signOut(visitor)
    expect(await receiver.tokensAbout('shop', shop.sid)).toHaveLength(1)
    expect(await receiver.tokensAbout('bank', bank.sid)).toHaveLength(1)
  })

  it('does not follow what leaves sessions alone', async () => {
    const { email } = await newPerson()
    const visitor = await signedIn(email)
    const shop = await enter(node.url, visitor, apps.shop)
    const told = receiver.tokensTo('shop').length
    await changeUserType(node, 'user', (type) => ({ ...type, roles: [...type.roles, 'reader'] }))
    const others = await newPerson()
    const later = await enter(node.url, await signedIn(others.email), apps.shop)
    await latchkey(node, 'accounts', 'disable', others.accountId)
    await receiver.tokensAbout('shop', later.sid)
    expect(receiver.tokensTo('shop')).toHaveLength(told + 1)
    await signOut(visitor)
    await receiver.tokensAbout('shop', shop.sid)
  })
})

describe('a client', () => {
  it('that hangs delays nobody', async () => {
    const people = [await newPerson(), await newPerson()]
    const shops = []
    for (const { email } of people) {
      const visitor = await signedIn(email)
      await enter(node.url, visitor, apps.slow)
      shops.push({ visitor, ...(await enter(node.url, visitor, apps.shop)) })
    }
    const began = Date.now()
    for (const { visitor } of shops) await signOut(visitor)
    for (const { sid } of shops) await receiver.tokensAbout('shop', sid)
    // Nor the person, nor another client: five seconds is how long it may hang.
    expect(Date.now() - began).toBeLessThan(5000)
    expect(receiver.tokensTo('slow').length).toBeLessThanOrEqual(1)
  })

  it('that fails is asked again, by a token that it has not seen', async () => {
    const { email } = await newPerson()
    const visitor = await signedIn(email)
    const { sid } = await enter(node.url, visitor, apps.flaky)
    receiver.answer('flaky', 500)
    await signOut(visitor)
    await receiver.tokensAbout('flaky', sid)
    receiver.answer('flaky', 200)
    const [first = '', second = ''] = await clock.later(PAST_RETRY_SECONDS, async () => {
      // Later still, should the node have noted the failure by the clock that was moved already.
      await pause(LOOK_EVERY_MS)
      return clock.later(PAST_RETRY_SECONDS, () => receiver.tokensAbout('flaky', sid, 2))
    })
    const { payload } = await verifyLogoutToken(second, node.url, 'flaky')
    expect(payload).toMatchObject({ sid })
    expect(claimsOf(first)['jti']).not.toBe(claimsOf(second)['jti'])
  })
})

describe('a node that is killed once it has answered a sign-out', () => {
  it('leaves it to the next start to tell the client', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-'))
    const configDir = roomyConfigDir({ clients: registrations() })
    const victim = await startSecondNode({ dataDir, configDir })
    try {
      const { visitor, ...end } = await signUp(victim.url, 'killed@example.org')
      await tokensOf(end)
      const { sid } = await enter(victim.url, visitor, apps.flaky)
      receiver.answer('flaky', 'hang')
      await signOut(visitor)
      victim.process.kill()
      await victim.process.exit()

      // It may have come as far as asking the client, which did not answer.
      const asked = receiver.tokensTo('flaky').filter((token) => sidOf(token) === sid).length
      receiver.answer('flaky', 200)
      const options = { clock, dataDir, issuer: victim.url }
      const next = await startFastNode(options, { clients: registrations() })
      try {
        await clock.later(PAST_LEASES_SECONDS, () => receiver.tokensAbout('flaky', sid, asked + 1))
      } finally {
        await next.stop()
      }
    } finally {
      victim.process.kill()
      for (const folder of [dataDir, configDir]) rmSync(folder, { recursive: true })
    }
  }, 60_000)
})
