import { describe, expect, it } from '@jest/globals'
import { createDeadList } from './dead-list.js'
import type { FeedDocument } from './feed-document.js'

const NOW = 1_800_000_000

function aDocument(changes: Partial<FeedDocument> = {}): FeedDocument {
  return { iat: NOW, cursor: '7', since: null, issuer: 'issuer-1', reset: true, dead: [], ...changes }
}

const dead = (...handles: string[]) => handles.map((h) => ({ h, until: NOW + 900 }))

function aList({ maxHandles = 10, first = aDocument({ dead: dead('a', 'b') }) } = {}) {
  const list = createDeadList(maxHandles, 5)
  list.apply(first, NOW * 1000)
  return list
}

describe('the dead list', () => {
  it('knows nothing to be alive before the first document', () => {
    const list = createDeadList(10, 5)
    expect(list.isDead(['issuer-1'])).toBe(true)
    expect(list.signedAt()).toBe(Number.NEGATIVE_INFINITY)
  })

  it('calls a token dead when any of its handles is listed', () => {
    const list = aList()
    expect(list.isDead(['issuer-1', 'c', 'd'])).toBe(false)
    expect(list.isDead(['issuer-1', 'c', 'b'])).toBe(true)
    expect(list.isDead(['a', 'issuer-1'])).toBe(true)
  })

  it('calls a token dead that is not of the issuer’s present generation', () => {
    const list = aList()
    expect(list.isDead(['c'])).toBe(true)
    expect(list.isDead([])).toBe(true)
    list.apply(aDocument({ iat: NOW + 1, issuer: 'issuer-2', reset: false, cursor: '8' }), NOW * 1000)
    expect(list.isDead(['issuer-1', 'c'])).toBe(true)
    expect(list.isDead(['issuer-2', 'c'])).toBe(false)
  })

  it('adds what has died since, and forgets all at a reset', () => {
    const list = aList()
    list.apply(aDocument({ cursor: '8', reset: false, dead: dead('c') }), NOW * 1000)
    expect(['a', 'b', 'c'].map((one) => list.isDead(['issuer-1', one]))).toEqual([true, true, true])
    list.apply(aDocument({ cursor: '9', dead: dead('c') }), NOW * 1000)
    expect(['a', 'b', 'c'].map((one) => list.isDead(['issuer-1', one]))).toEqual([false, false, true])
  })

  it('keeps a handle for the longer of two times, and no longer than it matters', () => {
    const list = aList({ first: aDocument({ dead: [{ h: 'a', until: NOW + 10 }] }) })
    list.apply(aDocument({ reset: false, dead: [{ h: 'a', until: NOW + 100 }] }), NOW * 1000)
    list.apply(aDocument({ reset: false, dead: [{ h: 'a', until: NOW + 50 }] }), NOW * 1000)
    list.apply(aDocument({ iat: NOW + 104, reset: false }), (NOW + 104) * 1000)
    expect(list.isDead(['issuer-1', 'a'])).toBe(true)
    list.apply(aDocument({ iat: NOW + 166, reset: false }), (NOW + 166) * 1000)
    expect(list.size()).toBe(0)
  })

  it.each([
    ['signed before one that was seen', { iat: NOW - 1, cursor: '8', reset: false }, 'rolled-back', false],
    ['signed before, even one that is all there is', { iat: NOW - 1, cursor: '8' }, 'rolled-back', false],
    ['of an older cursor', { cursor: '6', reset: false }, 'rolled-back', true],
    [
      'of an older cursor, even one that is all there is, of the same second',
      { cursor: '6' },
      'rolled-back',
      false,
    ],
    ['that goes on from somewhere else', { cursor: '9', since: '8', reset: false }, 'gap', true],
  ] as const)('refuses a document %s, whole', (_what, changes, code, startOver) => {
    const list = aList()
    const applied = list.apply(aDocument({ dead: dead('c'), ...changes }), (NOW + 3) * 1000)
    expect(applied).toMatchObject({ ok: false, code, startOver })
    expect(list.isDead(['issuer-1', 'c'])).toBe(false)
    expect(list.isDead(['issuer-1', 'a'])).toBe(true)
    expect(list.cursor()).toBe('7')
    expect(list.signedAt()).toBe(NOW * 1000)
  })

  it('refuses a first document that goes on from others', () => {
    const list = createDeadList(10, 5)
    expect(list.apply(aDocument({ reset: false }), NOW * 1000)).toMatchObject({ ok: false, code: 'gap' })
    expect(list.isDead(['issuer-1'])).toBe(true)
  })

  it('takes an older cursor with a reset that is newer, or of an issuer that was restored', () => {
    expect(aList().apply(aDocument({ cursor: '2', iat: NOW + 1 }), NOW * 1000 + 1000)).toEqual({ ok: true })
    const list = aList()
    expect(list.apply(aDocument({ cursor: '2', issuer: 'issuer-2' }), NOW * 1000)).toEqual({ ok: true })
    expect(list.cursor()).toBe('2')
  })

  it.each([
    ['9', '10'],
    ['999999999999999', '1000000000000000'],
    ['node-9', 'node-10'],
    ['7', '7'],
  ])('sees that %s is not newer than %s', (older, newer) => {
    const list = aList({ first: aDocument({ cursor: older }) })
    expect(list.apply(aDocument({ cursor: newer, reset: false }), NOW * 1000)).toEqual({ ok: true })
  })

  it('goes on from the cursor it stands at, where the feed says which', () => {
    const list = aList()
    expect(list.apply(aDocument({ cursor: '9', since: '7', reset: false }), NOW * 1000)).toEqual({ ok: true })
  })

  it('holds no more than its bound, and says so', () => {
    const list = aList({ maxHandles: 3 })
    const tooMany = aDocument({ cursor: '8', reset: false, dead: dead('c', 'd') })
    expect(list.apply(tooMany, NOW * 1000)).toMatchObject({ ok: false, code: 'too-large' })
    expect(list.size()).toBe(2)
    expect(list.apply(aDocument({ cursor: '8', dead: dead('c', 'd', 'e') }), NOW * 1000)).toEqual({
      ok: true,
    })
  })

  it('makes room by what matters no longer', () => {
    const list = aList({ maxHandles: 3, first: aDocument({ dead: [{ h: 'a', until: NOW + 10 }] }) })
    const later = aDocument({ iat: NOW + 20, cursor: '8', reset: false, dead: dead('b', 'c', 'd') })
    expect(list.apply(later, (NOW + 20) * 1000)).toEqual({ ok: true })
    expect(list.size()).toBe(3)
  })

  it('is no fresher than the moment at which a document came', () => {
    const list = aList({ first: aDocument({ iat: NOW + 3 }) })
    expect(list.signedAt()).toBe(NOW * 1000)
  })
})
