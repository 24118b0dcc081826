import { describe, expect, it } from '@jest/globals'
import { contextWords } from './context-words.ts'
import { checkPolicy, MAXIMUM_LENGTH, minimumLength } from './policy.ts'

const words = contextWords({
  productName: 'Kerala Courts',
  identifiers: ['grace.hopper@navy.example', '+919876543210', 'J-1906'],
})
const check = (password: string, minimum = 15) => checkPolicy(password, { minimum, contextWords: words })

describe('the least length', () => {
  it('is 8 only where a code by SMS is always asked, and no other channel can take its place', () => {
    expect(minimumLength({ channels: ['sms'], when: 'always' })).toBe(8)
    expect(minimumLength({ channels: ['sms'], when: 'new-device' })).toBe(15)
    expect(minimumLength({ channels: ['sms', 'email'], when: 'always' })).toBe(15)
    expect(minimumLength({ channels: ['email'], when: 'always' })).toBe(15)
  })

  it('counts code points, and a composed letter once however it was typed', () => {
    expect(check('🐎🔋📎🌵🎻🧭⛵🪁🧵🪵🫖🧊🪜🦉', 15)).toEqual({ ok: false, reason: 'too-short', minimum: 15 })
    expect(check('🐎🔋📎🌵🎻🧭⛵🪁🧵🪵🫖🧊🪜🦉🐚', 15)).toEqual({ ok: true })
    expect(check('e\u0301'.repeat(14))).toEqual({ ok: false, reason: 'too-short', minimum: 15 })
  })

  it('ends at 128', () => {
    const long = Array.from({ length: 40 }, (_, at) => `${at * 7919} `).join('')
    expect(check(long.slice(0, MAXIMUM_LENGTH))).toEqual({ ok: true })
    expect(check(long.slice(0, MAXIMUM_LENGTH + 1))).toEqual({ ok: false, reason: 'too-long', maximum: 128 })
  })
})

describe('common passwords', () => {
  const refused = { ok: false, reason: 'common' }

  it.each(['password123', 'ILoveYou123', 'Administrator', 'PASSWORD'])('%s is refused', (password) => {
    expect(check(password, 8)).toEqual(refused)
  })

  it.each([
    'passwordpassword',
    'password12345678',
    'Password Password',
    'letmeinletmeinlet',
    'qwertyuiopasdfghjkl',
    '123456789012345',
    'abcdefghijklmnop',
    'zyxwvutsrqponmlk',
    'aaaaaaaaaaaaaaa',
    'abcabcabcabcabc',
    'ｐａｓｓｗｏｒｄ12345678',
  ])('%s is refused: repeated, two side by side, or a run', (password) => {
    expect(check(password)).toEqual(refused)
  })

  it.each([
    'correct horse battery staple',
    'violet-harbour-lantern',
    'harbour lantern',
    'k7#Qz!mP0w@vT2&x',
    '                a1',
    'пять больших кораблей',
  ])('%s is not', (password) => {
    expect(check(password)).toEqual({ ok: true })
  })
})

describe('context words', () => {
  const refused = { ok: false, reason: 'context-word' }

  it.each([
    'Kerala Courts',
    'KERALACOURTS',
    'kerala courts kerala courts',
    'grace.hopper',
    'GraceHopper-GraceHopper',
    'grace.hopper@navy.example',
    'j-1906 J-1906 j-1906',
    '919876543210',
    '+91 98765 43210',
    '9876543210',
    '98765432109876543210',
  ])('%s is refused, alone or repeated, in any case', (password) => {
    expect(check(password, 8)).toEqual(refused)
  })

  it('may be a part of a longer password', () => {
    expect(check('grace.hopper found a moth')).toEqual({ ok: true })
  })
})
