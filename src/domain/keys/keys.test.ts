import { createPrivateKey } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from 'jose'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { addSeconds } from '../../lib/clock.ts'
import { StartRefused } from '../../lib/errors.ts'
import { systemRandom as random } from '../../lib/ids.ts'
import {
  DATA_KEY_PURPOSES,
  keyThatSigns,
  type MasterKey,
  type MasterKeys,
  masterKeyId,
  openKeys,
  SIGNING_ALGORITHMS,
  type SigningKey,
} from './index.ts'

const now = new Date('2026-08-09T10:40:12.480Z')
const clock = { now: () => now }
const masterKey: MasterKey = { key: Buffer.alloc(32, 1) }
const anotherMasterKey: MasterKey = { key: Buffer.alloc(32, 2) }

const { storage, openAgain } = temporaryStorage(clock)

function open(...masterKeys: MasterKeys) {
  return openKeys({ store: storage().keys, masterKeys, clock, random })
}

async function refusal(...masterKeys: MasterKeys): Promise<string> {
  const error = await open(...masterKeys).catch((cause: unknown) => cause)
  if (!(error instanceof StartRefused)) throw new Error('the start was not refused')
  return error.message
}

describe('the first start', () => {
  it('makes a key for each purpose, and the next start has the same ones', async () => {
    const first = await open(masterKey)
    const second = await open(masterKey)
    for (const purpose of DATA_KEY_PURPOSES) {
      expect(first.dataKey(purpose).key).toHaveLength(32)
      expect(second.dataKeys(purpose)).toEqual([first.dataKey(purpose)])
    }
    expect(new Set(DATA_KEY_PURPOSES.map((purpose) => String(first.dataKey(purpose).key))).size).toBe(8)
    expect(second.signingKeys(now)).toEqual(first.signingKeys(now))
  })

  it('makes a key for each algorithm that really signs, named by its thumbprint', async () => {
    const keys = await open(masterKey)
    expect(
      keys
        .signingKeys(now)
        .map((key) => key.algorithm)
        .sort(),
    ).toEqual([...SIGNING_ALGORITHMS].sort())
    for (const key of keys.signingKeys(now)) {
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: key.algorithm })
        .sign(await importJWK(key.privateJwk))
      const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicJwk } = key.privateJwk
      await expect(jwtVerify(token, await importJWK(publicJwk))).resolves.toBeDefined()
      expect(key.kid).toBe(await calculateJwkThumbprint(publicJwk))
      expect(key.privateJwk).toMatchObject({ kid: key.kid, alg: key.algorithm, use: 'sig' })
    }
    const rsa = keys.signingKeys(now).find((key) => key.algorithm === 'RS256')
    const rsaKey = createPrivateKey({ key: rsa?.privateJwk ?? {}, format: 'jwk' })
    expect(rsaKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  })

  it('ends in one set of keys when two processes are at it together', async () => {
    const second = await openAgain()
    const opened = await Promise.all(
      [storage(), second, storage(), second].map(({ keys }) =>
        openKeys({ store: keys, masterKeys: [masterKey], clock, random }),
      ),
    )
    for (const keys of opened) {
      expect(keys.dataKeys('pepper')).toEqual(opened[0]?.dataKeys('pepper'))
      expect(keys.signingKeys(now)).toEqual(opened[0]?.signingKeys(now))
    }
  })

  it('stores nothing that opens without the master key', async () => {
    const keys = await open(masterKey)
    const stored = JSON.stringify(await storage().keys.list(), (_name, value) =>
      value?.type === 'Buffer' || value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    )
    expect(stored).not.toContain('"d"')
    expect(stored).not.toContain(Buffer.from(keys.dataKey('pepper').key).toString('latin1'))
  })
})

describe('master keys', () => {
  it('all unwrap, and the first wraps', async () => {
    const before = await open(masterKey)
    const after = await open(anotherMasterKey, masterKey)
    expect(after.dataKey('fields')).toEqual(before.dataKey('fields'))
  })

  it('that do not belong to the data stop the start, say what to do, and change nothing', async () => {
    await open(masterKey)
    const before = await storage().keys.list()
    const message = await refusal(anotherMasterKey)
    expect(message).toContain('LATCHKEY_MASTER_KEYS does not belong to this data')
    expect(message).toContain(masterKeyId(masterKey))
    expect(message).toContain(masterKeyId(anotherMasterKey))
    expect(await storage().keys.list()).toEqual(before)
  })

  it('do not open a key that was moved to another slot or damaged', async () => {
    await open(masterKey)
    const [first, ...others] = await storage().keys.list()
    if (!first) throw new Error('there is no key')
    const moved = { ...first, slot: 'messages/1' }
    const store = { ...storage().keys, list: async () => [moved, ...others] }
    const opening = openKeys({ store, masterKeys: [masterKey], clock, random })
    await expect(opening).rejects.toThrow('The stored key "messages/1" is damaged')
  })

  it('have ids that differ and tell nothing of the key', () => {
    expect(masterKeyId(masterKey)).toMatch(/^[0-9a-f]{12}$/)
    expect(masterKeyId(masterKey)).not.toBe(masterKeyId(anotherMasterKey))
  })
})

describe('signing keys of one algorithm', () => {
  const key = (kid: string, published: number, active: number, retired: number | null): SigningKey => ({
    kid,
    algorithm: 'ES256',
    privateJwk: {},
    publishedAt: addSeconds(now, published),
    activeAt: addSeconds(now, active),
    retiredAt: retired === null ? null : addSeconds(now, retired),
  })
  const keys = [
    key('retired', -300, -300, 0),
    key('former', -200, -200, 100),
    key('signs', -100, 0, null),
    key('next', -10, 100, null),
    key('not yet', 1, 200, null),
  ]

  it('sign from when they are active, the newest first', () => {
    expect(keyThatSigns(keys, 'ES256', now)?.kid).toBe('signs')
    expect(keyThatSigns(keys, 'ES256', addSeconds(now, -1))?.kid).toBe('former')
    expect(keyThatSigns(keys, 'ES256', addSeconds(now, 100))?.kid).toBe('next')
    expect(keyThatSigns(keys, 'RS256', now)).toBeNull()
  })

  it('sign also where the clock is behind the one that they were made by', () => {
    const made = [key('first', 0, 0, null)]
    expect(keyThatSigns(made, 'ES256', addSeconds(now, -301))?.kid).toBe('first')
    const rotated = [...made, key('next', 60, 120, null)]
    expect(keyThatSigns(rotated, 'ES256', addSeconds(now, -301))?.kid).toBe('first')
  })
})
