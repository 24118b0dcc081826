import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createBcryptHasher } from './bcrypt-hasher.ts'
import type { Hasher } from './hasher.ts'
import { createPasswords, type Pepper } from './passwords.ts'

const COST = 4
const pepper: Pepper = { id: 'pep_1', key: Buffer.alloc(32, 1) }
const newer: Pepper = { id: 'pep_2', key: Buffer.alloc(32, 2) }

let hasher: Hasher
beforeAll(() => {
  hasher = createBcryptHasher({ threads: 2, waiting: 100, waitingPerCaller: 100, restAfterMs: 60_000 })
})
afterAll(() => hasher.close())

const passwords = (peppers: readonly [Pepper, ...Pepper[]] = [pepper], cost = COST) =>
  createPasswords({ peppers, cost, hasher })

describe('a stored password', () => {
  it('names its form, algorithm, cost and pepper, and differs each time', async () => {
    const first = await passwords().hash('violet-harbour-lantern')
    expect(first).toMatch(/^v1\$bcrypt\$4\$pep_1\$\$2b\$04\$[./A-Za-z0-9]{53}$/)
    expect(await passwords().hash('violet-harbour-lantern')).not.toBe(first)
  })

  it('holds for its password and no other', async () => {
    const stored = await passwords().hash('violet-harbour-lantern')
    expect(await passwords().verify(stored, 'violet-harbour-lantern')).toEqual({ ok: true, rehash: false })
    expect(await passwords().verify(stored, 'violet-harbour-lanterN')).toEqual({ ok: false, rehash: false })
  })

  it('depends on the 73rd byte and on what follows a NUL', async () => {
    const long = await passwords().hash(`${'x'.repeat(72)}a`)
    expect(await passwords().verify(long, `${'x'.repeat(72)}b`)).toMatchObject({ ok: false })
    const nul = await passwords().hash('violet\0harbour')
    expect(await passwords().verify(nul, 'violet\0lantern')).toMatchObject({ ok: false })
    expect(await passwords().verify(nul, 'violet\0harbour')).toMatchObject({ ok: true })
  })

  it('is the same for letters typed composed and decomposed', async () => {
    const stored = await passwords().hash('cafe\u0301-harbour')
    expect(await passwords().verify(stored, 'caf\u00e9-harbour')).toMatchObject({ ok: true })
  })

  it('does not hold under another pepper of the same name', async () => {
    const stored = await passwords().hash('violet-harbour-lantern')
    const other = passwords([{ id: pepper.id, key: newer.key }])
    expect(await other.verify(stored, 'violet-harbour-lantern')).toEqual({ ok: false, rehash: false })
  })

  it('asks to be hashed again when cost or pepper changed, and only by its right password', async () => {
    const stored = await passwords().hash('violet-harbour-lantern')
    const dearer = passwords([pepper], COST + 1)
    expect(await dearer.verify(stored, 'violet-harbour-lantern')).toEqual({ ok: true, rehash: true })
    expect(await dearer.verify(stored, 'wrong')).toEqual({ ok: false, rehash: false })
    const rotated = passwords([newer, pepper])
    expect(await rotated.verify(stored, 'violet-harbour-lantern')).toEqual({ ok: true, rehash: true })
    expect(await rotated.hash('violet-harbour-lantern')).toContain('$pep_2$')
  })

  it('that is damaged, or whose pepper is lost, is an error and not a wrong password', async () => {
    await expect(passwords().verify('$2b$12$abc', 'x')).rejects.toMatchObject({ code: 'unreadable_password' })
    const stored = await passwords().hash('x')
    await expect(passwords([newer]).verify(stored, 'x')).rejects.toMatchObject({
      code: 'unreadable_password',
    })
    const foreign = stored.replace('$bcrypt$', '$argon2id$')
    await expect(passwords().verify(foreign, 'x')).rejects.toMatchObject({ code: 'unreadable_password' })
  })
})

describe('an unknown account', () => {
  it('never holds, and takes one comparison at the current cost, as a wrong password does', async () => {
    const compared: string[] = []
    const watched: Hasher = {
      ...hasher,
      compare: (input, hash, caller) => {
        compared.push(hash)
        return hasher.compare(input, hash, caller)
      },
    }
    const room = createPasswords({ peppers: [pepper], cost: COST, hasher: watched })
    const stored = await room.hash('violet-harbour-lantern')
    expect(await room.verify(stored, 'wrong')).toEqual({ ok: false, rehash: false })
    expect(await room.verify(null, 'wrong')).toEqual({ ok: false, rehash: false })
    expect(compared.map((hash) => hash.slice(0, 7))).toEqual(['$2b$04$', '$2b$04$'])
  })
})

describe('twenty hashes in flight', () => {
  it('leave the event loop free', async () => {
    const room = passwords([pepper], 10)
    const inFlight = Promise.all(Array.from({ length: 20 }, () => room.hash('violet-harbour-lantern')))
    let done = false
    const settled = inFlight.then(() => {
      done = true
    })
    let turns = 0
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      turns++
    }
    await settled
    // Hashed on this thread, twenty times 50 ms would leave the loop twenty turns at most.
    expect(turns).toBeGreaterThan(60)
  })
})
