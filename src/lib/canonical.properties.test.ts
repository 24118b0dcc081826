import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  canonicalDigits,
  canonicalEmail,
  canonicalName,
  canonicalPhone,
  canonicalText,
  comparableText,
} from './canonical.ts'

/** What draws nothing, turns text around, composes, folds oddly or is white space, among letters of many scripts. */
const odd = fc.constantFrom(
  ...['\u200b', '\u200d', '\u00ad', '\ufeff', '\u202e', '\u2066', '\u0000', '\ud800', '\ufe0f', '\u2800'],
  ...['\u0301', '\u0308', '\u0323', '\u0345', '\u3099', '\u0b57', '\u1160', '\u11a8', '\u2000', '\u0085'],
  ...[
    '\t',
    '\n',
    ' ',
    '\u3000',
    '\u00a0',
    '\u1680',
    '\u2028',
    'İ',
    'ı',
    'ß',
    'ẞ',
    'ς',
    'Σ',
    'ǰ',
    'ﬁ',
    'ſ',
    'K',
  ],
  ...['ﷺ', '㎏', '½', 'Å', '가', 'ก', 'ป', 'ЁЖ', 'é', '٣', '９', '१', '−', '–', '·'],
)
const piece = fc.oneof(
  { weight: 3, arbitrary: odd },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 3 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 4 }) },
)
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
const runs = { numRuns: 1000 }

const FORMS: readonly (readonly [string, (text: string) => string | null])[] = [
  ['a text', canonicalText],
  ['what texts are compared by', comparableText],
  ['a name that signs in', canonicalName],
  ['an email address', canonicalEmail],
  ['a phone number', (one) => canonicalPhone(one, 'IN')],
  ['digits', canonicalDigits],
]

describe.each(FORMS)('the canonical form of %s', (_, canonical) => {
  it('is its own canonical form', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const once = canonical(typed)
        if (once !== null && once !== '') expect(canonical(once)).toBe(once)
      }),
      runs,
    )
  })

  it('is the same for the composed, the decomposed and the padded spelling', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const form = canonical(typed)
        expect(canonical(typed.normalize('NFC'))).toBe(form)
        expect(canonical(typed.normalize('NFD'))).toBe(form)
        expect(canonical(`\u00a0 ${typed}\u200b\n`)).toBe(form)
      }),
      runs,
    )
  })
})

describe('an email address', () => {
  const address = fc.tuple(text, fc.constantFrom('@', '＠'), text).map((parts) => `${parts.join('')}.example`)

  it('is its own canonical form, whatever stands around the @', () => {
    fc.assert(
      fc.property(address, (typed) => {
        const once = canonicalEmail(typed)
        if (once !== null) expect(canonicalEmail(once)).toBe(once)
      }),
      runs,
    )
  })
})

describe('a text', () => {
  it('has nothing in it that cannot be seen, and single spaces inside only', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const form = canonicalText(typed) ?? ''
        expect(form).not.toMatch(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{Cs}\u2800]/u)
        expect(form).not.toMatch(/^\s|\s$|\s\s|[^\S ]/)
        expect(form.isWellFormed()).toBe(true)
      }),
      runs,
    )
  })

  it('is compared without case, width and position of accents', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const form = canonicalText(typed)
        if (form === null) return
        expect(comparableText(form)).toBe(comparableText(typed))
        expect(comparableText(form.normalize('NFKC'))).toBe(comparableText(typed))
      }),
      runs,
    )
    expect(comparableText('Ａｓｈａ  RAO')).toBe(comparableText('asha rao'))
    expect(comparableText('STRASSE')).toBe(comparableText('straße'))
    expect(comparableText('Asha Rao')).not.toBe(comparableText('Asha Raö'))
  })
})

describe('digits', () => {
  it('are the same in every script and grouping, and null with anything else among them', () => {
    const number = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 })
    const zeros = fc.constantFrom(0x30, 0x660, 0x966, 0xff10, 0x1d7ce)
    const between = fc.constantFrom('', ' ', '-', '\u2011', '\u200b', '.', '·')
    fc.assert(
      fc.property(number, zeros, between, fc.constantFrom('a', '½', '@', '²³x'), (list, zero, gap, other) => {
        const typed = list.map((digit) => String.fromCodePoint(zero + digit)).join(gap)
        expect(canonicalDigits(typed)).toBe(list.join(''))
        expect(canonicalDigits(typed + other)).not.toBe(list.join(''))
      }),
    )
  })
})
