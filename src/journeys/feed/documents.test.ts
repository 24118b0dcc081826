import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import type { DeadFeed } from '../../domain/revocations/index.ts'
import { createFeedDocuments } from './documents.ts'

function open(characters = 10) {
  const clock = movingClock(new Date('2026-11-30T12:00:00Z'))
  const signed: string[] = []
  let newest = '1'
  const deadFeed: DeadFeed = {
    follow: async () => newest,
    startOf: (cursor) => cursor,
    since: (_audience, since) => ({ cursor: newest, since, issuer: 'iss', dead: [] }),
  }
  const documentFor = createFeedDocuments({
    deadFeed,
    clock,
    mostCharacters: 100,
    sign: async (audience) => {
      signed.push(audience)
      return 'x'.repeat(characters)
    },
  })
  const die = () => {
    newest = String(Number(newest) + 1)
  }
  return { clock, signed, documentFor, die }
}

describe('a document of the feed', () => {
  it('is signed once for all who ask the same within five seconds', async () => {
    const { clock, signed, documentFor } = open()
    const documents = await Promise.all([documentFor('api', null), documentFor('api', null)])
    clock.advance(4.999)
    expect(await documentFor('api', null)).toBe(documents[0])
    expect(signed).toHaveLength(1)
    clock.advance(0.001)
    await documentFor('api', null)
    expect(signed).toHaveLength(2)
  })

  it('is never one from before a death', async () => {
    const { signed, documentFor, die } = open()
    await documentFor('api', null)
    die()
    await documentFor('api', null)
    expect(signed).toHaveLength(2)
  })

  it('is kept beside others only while together they are not too long', async () => {
    const { signed, documentFor } = open(40)
    for (const audience of ['a', 'b', 'c']) await documentFor(audience, null)
    for (const audience of ['c', 'b', 'a']) await documentFor(audience, null)
    expect(signed).toEqual(['a', 'b', 'c', 'a'])
  })

  it('is kept however long it is, when it is the newest', async () => {
    const { signed, documentFor } = open(200)
    for (const audience of ['a', 'a', 'b', 'b', 'a']) await documentFor(audience, null)
    expect(signed).toEqual(['a', 'b', 'a'])
  })
})
