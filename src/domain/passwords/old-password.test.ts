import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import bcrypt from 'bcrypt'
import { systemRandom as random } from '../../lib/ids.ts'
import { createBcryptHasher, decoysBeside } from './bcrypt-hasher.ts'
import type { Hasher } from './hasher.ts'
import { createOldPasswords } from './old-password.ts'
import { createPasswords, type Pepper } from './passwords.ts'

const COST = 6
const PASSWORD = 'summer-of-the-old-system'
const pepper: Pepper = { id: 'pep_1', key: Buffer.alloc(32, 1) }
const newer: Pepper = { id: 'pep_2', key: Buffer.alloc(32, 2) }

let hasher: Hasher
beforeAll(() => {
  hasher = createBcryptHasher({ threads: 1, waiting: 100, waitingPerCaller: 100, restAfterMs: 60_000 })
})
afterAll(() => hasher.close())

const oldHash = (password: string, cost = 4) => bcrypt.hashSync(password, cost)
const room = (cost = COST, peppers: readonly [Pepper, ...Pepper[]] = [pepper]) =>
  createPasswords({ peppers, cost, hasher })

function adopted(hash: string): string {
  const result = createOldPasswords({ peppers: [pepper], cost: 12, random }).adopt(hash)
  if (!result.ok) throw new Error(result.reason)
  return result.stored
}

describe('the hash of an older system', () => {
  it('holds for the password it was made of, and is to be replaced then', async () => {
    const stored = adopted(oldHash(PASSWORD))
    expect(await room().verify(stored, PASSWORD)).toEqual({ ok: true, rehash: true })
    expect(await room().verify(stored, 'another')).toEqual({ ok: false, rehash: false })
  })

  it('says its algorithm, cost and pepper, and is not to be read at rest', () => {
    const hash = oldHash(PASSWORD)
    const stored = adopted(hash)
    expect(stored).toMatch(/^v1\$bcrypt-plain\$4\$pep_1\$[\w-]{80,200}$/)
    expect(stored).not.toContain(hash.slice(7))
    expect(adopted(hash)).not.toBe(stored)
  })

  it.each(['$2a$', '$2b$', '$2y$'])('is taken over as %s', async (prefix) => {
    const stored = adopted(oldHash(PASSWORD).replace('$2b$', prefix))
    expect(await room().verify(stored, PASSWORD)).toMatchObject({ ok: true })
  })

  it('has the cut of the older system, and loses it with the next hash', async () => {
    const long = 'x'.repeat(72)
    const stored = adopted(oldHash(`${long}a`))
    expect(await room().verify(stored, `${long}b`)).toMatchObject({ ok: true })
    const replaced = await room().hash(`${long}a`)
    expect(await room().verify(replaced, `${long}b`)).toMatchObject({ ok: false })
  })

  it('is compared by its own bytes: composed and decomposed letters were two passwords there', async () => {
    const stored = adopted(oldHash('cafe\u0301-harbour'))
    expect(await room().verify(stored, 'cafe\u0301-harbour')).toMatchObject({ ok: true })
    expect(await room().verify(stored, 'caf\u00e9-harbour')).toMatchObject({ ok: false })
  })

  it('outlives a change of pepper, and not its loss', async () => {
    const stored = adopted(oldHash(PASSWORD))
    expect(await room(COST, [newer, pepper]).verify(stored, PASSWORD)).toMatchObject({ ok: true })
    for (const lost of [[newer], [{ ...newer, id: pepper.id }]] as const)
      await expect(room(COST, [...lost]).verify(stored, PASSWORD)).rejects.toMatchObject({
        code: 'unreadable_password',
      })
  })

  it.each([
    ['', 'not-bcrypt'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'not-bcrypt'],
    ['$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA', 'not-bcrypt'],
    [oldHash(PASSWORD).slice(0, -1), 'not-bcrypt'],
    [`${oldHash(PASSWORD)}\n`, 'not-bcrypt'],
    [oldHash(PASSWORD).replace('$2b$', '$2x$'), 'not-bcrypt'],
    [oldHash(PASSWORD).replace('$04$', '$03$'), 'not-bcrypt'],
    [oldHash(PASSWORD).replace('$04$', '$15$'), 'too-dear'],
    [oldHash(PASSWORD).replace('$04$', '$31$'), 'too-dear'],
  ])('is refused as %j', (hash, reason) => {
    expect(createOldPasswords({ peppers: [pepper], cost: 12, random }).adopt(hash)).toEqual({
      ok: false,
      reason,
    })
  })
})

describe('an old hash that is dearer than ours', () => {
  it.each([
    ['$12$', false],
    ['$13$', true],
    ['$14$', true],
  ])('is taken over and told of: %s', (cost, isDear) => {
    const result = createOldPasswords({ peppers: [pepper], cost: 12, random }).adopt(
      oldHash(PASSWORD).replace('$04$', cost),
    )
    expect(result).toMatchObject({ ok: true, isDear })
  })
})

describe('the work of a comparison', () => {
  const roundsOf = (hash: string) => 2 ** Number(hash.slice(4, 6))

  it('is that of a decoy of our cost, however cheap the old hash is', () => {
    for (const cost of [4, 7, 10, 11, 12]) {
      const hash = `$2b$${String(cost).padStart(2, '0')}$${'x'.repeat(53)}`
      const rounds = [hash, ...decoysBeside(hash, 12)].reduce((sum, one) => sum + roundsOf(one), 0)
      expect(rounds).toBe(roundsOf(hasher.decoy(12)))
    }
  })

  it('is more only where the old hash is dearer than ours', () => {
    expect(decoysBeside(`$2b$13$${'x'.repeat(53)}`, 12)).toEqual([])
  })
})
