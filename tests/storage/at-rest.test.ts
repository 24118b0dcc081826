import { createHash, createHmac, getHashes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { userTypesFileSchema } from '../../src/domain/user-types/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { verhoeffDigitOf } from '../../src/lib/verhoeff.ts'
import { openStorage, type Storage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { CASE_NOTES, open, redeem } from '../support/applications.ts'
import { startFastNode } from '../support/fast-node.ts'
import { createVisitor } from '../support/form-visitor.ts'
import { codeFor, GOOD_PASSWORD, signIn, tokensOf } from '../support/people.ts'
import { aChallenge, aMessage, at, bytes, NOON } from '../support/records.ts'
import { createRelyingParty } from '../support/relying-party.ts'

/** Longer than a page, so that it also leaves pages of its own behind. */
const SECRET = bytes('a secret that must not be found again. '.repeat(300))

let folder: string
let file: string
let storage: Storage

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-'))
  file = join(folder, 'latchkey.db')
  storage = await openStorage({ driver: 'sqlite', file }, { clock: systemClock })
})

afterEach(async () => {
  await storage.close()
  await rm(folder, { recursive: true })
})

async function foundInFile(): Promise<boolean> {
  await storage.close()
  return (await readFile(file)).includes('must not be found')
}

describe('the file of a store', () => {
  it('has what is kept', async () => {
    await storage.audit.keepPersonKey('p1', SECRET, NOON)
    expect(await foundInFile()).toBe(true)
  })

  it('has nothing of a destroyed key', async () => {
    await storage.audit.keepPersonKey('p1', SECRET, NOON)
    await storage.audit.destroyPersonKey('p1')
    expect(await foundInFile()).toBe(false)
  })

  it('has nothing of a message that was sent', async () => {
    const message = aMessage({ content: SECRET })
    await storage.messages.insert([message])
    await storage.messages.claim('one', NOON, at(30), { sms: 1 })
    await storage.messages.markSent(message.id, 'one', {
      at: at(1),
      provider: 'twilio',
      contactHash: new Uint8Array([1]),
    })
    expect(await foundInFile()).toBe(false)
  })

  it('has nothing of a message that has expired, once messages are claimed again', async () => {
    const message = aMessage({ content: SECRET })
    await storage.messages.insert([message])
    await storage.messages.claim('one', message.expiresAt, at(999), { sms: 1 })
    expect(await foundInFile()).toBe(false)
  })

  it('has nothing of the MAC of a code that has ended', async () => {
    const challenge = aChallenge({ codeMac: SECRET })
    await storage.challenges.insert(challenge, { audit: [], messages: [] })
    await storage.challenges.tidy(at(999), NOON, 10)
    expect(await foundInFile()).toBe(false)
  })
})

describe('the files of a node in which a person with a national id has done everything', () => {
  const AADHAAR = `87654321098${verhoeffDigitOf('87654321098')}`
  const NICK = 'nickname of asha rao'
  const EMAIL = 'asha.rao@example.org'
  const CITIZEN = {
    ...{ id: 'citizen', name: 'Citizen', signUp: 'closed', identifiers: ['email'], roles: [] },
    contacts: { email: 'required', phone: 'none' },
    fields: [
      { name: 'city', label: 'City', kind: 'text' },
      { name: 'nick', label: 'Nick', kind: 'text', unique: true, sensitive: true },
      {
        ...{ name: 'aadhaar', label: 'Aadhaar number', kind: 'nationalId', scheme: 'aadhaar' },
        ...{ unique: true, sensitive: true, claim: 'national_id', scope: 'identity' },
      },
    ],
    // Ten digits: six could stand anywhere by chance.
    otp: {
      ...{ channels: ['email'], when: 'always', digits: 10, lifetimeSeconds: 300 },
      ...{ resendSeconds: 1, attempts: 5 },
    },
    lifetimes: {
      ...{ accessTokenSeconds: 900, refreshTokenSeconds: 86_400 },
      ...{ sessionIdleSeconds: 86_400, sessionSeconds: 86_400 },
    },
  }

  /** Signs in, agrees, refreshes, gets something wrong; answers every secret that went over the wire. */
  async function everything(node: { url: string }): Promise<string[]> {
    const signedIn = await signIn(node.url, EMAIL, { scope: 'openid identity' })
    const firstCode = await codeFor(node.url, EMAIL)
    const tokens = await tokensOf(signedIn)
    const refreshed = await signedIn.rp.token({
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    })
    const rp = createRelyingParty(node.url, CASE_NOTES)
    const request = rp.authorize({ scope: 'openid identity' })
    const visitor = await open(node.url, request.url, signedIn.visitor)
    await visitor.submit('consent', { decision: 'allow' })
    const foreign = await redeem(node.url, CASE_NOTES, visitor, request.verifier)

    const stranger = createVisitor(node.url)
    await open(node.url, createRelyingParty(node.url).authorize().url, stranger)
    await stranger.submit('sign-in', { identifier: EMAIL, password: 'not-the-password-of-asha' })
    return [
      firstCode,
      ...[tokens, refreshed.body, foreign].flatMap((one) => [
        one.access_token,
        one.id_token,
        one.refresh_token,
      ]),
      'not-the-password-of-asha',
      new URL(signedIn.end.url).searchParams.get('code') ?? undefined,
    ].filter((secret) => secret !== undefined)
  }

  async function bytesIn(dataDir: string): Promise<Buffer> {
    const names = (await readdir(dataDir)).filter((name) => name.startsWith('latchkey.db'))
    return Buffer.concat(await Promise.all(names.map((name) => readFile(join(dataDir, name)))))
  }

  /** As it is, and as anybody could compute it who has no key. */
  function spellingsOf(secret: string): Buffer[] {
    const digests = getHashes().flatMap((hash) => {
      try {
        return [createHash(hash).update(secret).digest(), createHmac(hash, '').update(secret).digest()]
      } catch {
        return []
      }
    })
    // A short digest stands somewhere by chance; none that is in use is shorter than 16 bytes.
    const raw = [Buffer.from(secret), ...digests.filter(({ length }) => length >= 16)]
    const texts = raw.flatMap((one) =>
      (['hex', 'base64', 'base64url'] as const).map((form) =>
        Buffer.from(one.toString(form).replace(/=+$/, '')),
      ),
    )
    return [...raw, ...texts]
  }

  it('hold no sensitive value, password, code or token, in clear or hashed without a key', async () => {
    const dataDir = join(folder, 'node')
    const { userTypes } = userTypesFileSchema.parse({ userTypes: [CITIZEN] })
    const node = await startFastNode(
      { dataDir, change: (settings) => ({ ...settings, userTypes: [...settings.userTypes, ...userTypes] }) },
      { clients: [CASE_NOTES.registration] },
    )
    const fields = { city: 'Pune on the river', nick: NICK, aadhaar: AADHAAR }
    await addAccount(node, { userType: 'citizen', email: EMAIL, fields })
    const secrets = await everything(node)
    await node.stop()

    const found = await bytesIn(dataDir)
    expect(found.includes('Pune on the river')).toBe(true)
    expect(found.includes(EMAIL)).toBe(true)
    expect(secrets).toHaveLength(12)
    const grouped = AADHAAR.replace(/(.{4})(?!$)/g, '$1 ')
    for (const secret of [AADHAAR, grouped, NICK, GOOD_PASSWORD, ...secrets]) {
      for (const spelling of spellingsOf(secret)) expect(found.includes(spelling)).toBe(false)
    }
  })
})
