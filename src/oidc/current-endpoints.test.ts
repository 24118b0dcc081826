import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { aUserType, NOON } from '../../tests/support/records.ts'
import type { SigningKey } from '../domain/keys/index.ts'
import type { StoredUserType } from '../domain/user-types/index.ts'
import { createLog } from '../lib/log.ts'
import { keepCurrent } from './current-endpoints.ts'

const stored = (id: string): StoredUserType => ({ type: aUserType({ id }), version: 1, createdAt: NOON })

const keyOf = (kid: string): SigningKey => ({
  kid,
  algorithm: 'ES256',
  privateJwk: {},
  publishedAt: NOON,
  activeAt: NOON,
  retiredAt: null,
})

async function following() {
  const clock = movingClock(NOON)
  const store = { types: [stored('user')], isDown: false, asked: 0, kids: [] as string[] }
  const answer = async <Value>(value: Value): Promise<Value> => {
    store.asked += 1
    if (store.isDown) throw new Error('no store')
    return value
  }
  let made = 0
  const current = await keepCurrent({
    userTypes: {
      fingerprint: () => answer(store.types.map(({ type }) => type.id).join()),
      list: () => answer(store.types),
    },
    signingKeys: () => store.kids.map(keyOf),
    make: (types, keys) => {
      made += 1
      if (types.length > 2) throw new Error('cannot be made')
      return [...types.map(({ type }) => type.id), ...keys.map(({ kid }) => kid)]
    },
    clock,
    log: await createLog({ level: 'silent', format: 'json' }),
  })
  return { clock, store, current, timesMade: () => made }
}

describe('what is made from the user types', () => {
  it('is made once while they stay the same', async () => {
    const { current, timesMade } = await following()
    expect(await current.now()).toBe(await current.now())
    expect(current.latest()).toEqual(['user'])
    expect(timesMade()).toBe(1)
  })

  it('is made anew where one changed, at the next call', async () => {
    const { current, store } = await following()
    const before = current.latest()
    store.types = [stored('user'), stored('judge')]
    expect(current.latest()).toBe(before)
    expect(await current.now()).toEqual(['user', 'judge'])
    expect(current.latest()).toEqual(['user', 'judge'])
  })

  it('is made anew where a key came, or another of them signs', async () => {
    const { current, store, timesMade } = await following()
    store.kids = ['first', 'next']
    expect(await current.now()).toEqual(['user', 'first', 'next'])
    store.kids = ['next', 'first']
    expect(await current.now()).toEqual(['user', 'next', 'first'])
    await current.now()
    expect(timesMade()).toBe(3)
  })

  it('stays in use while the store cannot be asked, and follows it afterwards', async () => {
    const { current, store } = await following()
    store.isDown = true
    store.types = [stored('judge')]
    expect(await current.now()).toEqual(['user'])
    store.isDown = false
    expect(await current.now()).toEqual(['judge'])
  })

  it('stays in use where nothing can be made of the types, without trying at every call', async () => {
    const { current, store, timesMade } = await following()
    store.types = ['a', 'b', 'c'].map(stored)
    expect(await current.now()).toEqual(['user'])
    expect(await current.now()).toEqual(['user'])
    expect(timesMade()).toBe(2)
  })

  it('is recent for a second after the store was asked', async () => {
    const { clock, current } = await following()
    expect(current.isRecent()).toBe(true)
    clock.advance(1)
    expect(current.isRecent()).toBe(false)
    await current.now()
    expect(current.isRecent()).toBe(true)
  })
})
