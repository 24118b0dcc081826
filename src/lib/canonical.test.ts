import { describe, expect, it } from '@jest/globals'
import {
  canonicalCode,
  canonicalEmail,
  canonicalIdentifier,
  canonicalName,
  canonicalPhone,
} from './canonical.ts'

/** Every character of the planes that have letters, marks and digits, and those that only draw differently. */
function* everyCharacter(): Generator<string> {
  const ranges = [
    [0, 0xd7ff],
    [0xe000, 0x1ffff],
    [0x2f800, 0x2fa1f],
    [0xe0000, 0xe01ef],
  ] as const
  for (const [first, last] of ranges) {
    for (let point = first; point <= last; point += 1) yield String.fromCodePoint(point)
  }
}

describe('an email address', () => {
  it.each([
    'asha.rao@police.example',
    'Asha.Rao@Police.Example',
    'ASHA.RAO@POLICE.EXAMPLE',
    '  asha.rao@police.example\t\n',
    '\u00a0asha.rao@police.example\u3000',
    'asha.rao@police.example.',
    '\u200basha.rao\u200b@police\u200d.example\ufeff',
    '\u202easha.rao@police.example\u202c',
    '\u2066asha.rao@police.example\u2069',
    'as\u00adha.rao@police.example',
    'asha.rao\ufe0f@police.example',
    'asha\u0000.rao@police.example',
    'asha.rao＠police.example',
    'asha．rao@police．example',
    'asha.rao@police。example',
    'asha.rao@police｡example',
    'ａｓｈａ．ｒａｏ＠ｐｏｌｉｃｅ．ｅｘａｍｐｌｅ',
    '𝒂𝒔𝒉𝒂.𝐫𝐚𝐨@police.example',
    'a\u017fha.rao@police.example',
    '\ud800asha.rao@police.example',
  ])('has one form, however it is typed: %j', (typed) => {
    expect(canonicalEmail(typed)).toBe('asha.rao@police.example')
  })

  it('composes what is typed in pieces', () => {
    expect(canonicalEmail('rene\u0301@x.example')).toBe('rené@x.example')
    expect(canonicalEmail('RENE\u200d\u0301@x.example')).toBe('rené@x.example')
  })

  it('writes an international domain in punycode, and takes it so', () => {
    expect(canonicalEmail('a@ПРИМЕР.рф')).toBe('a@xn--e1afmkfd.xn--p1ai')
    expect(canonicalEmail('a@XN--E1AFMKFD.xn--p1ai')).toBe('a@xn--e1afmkfd.xn--p1ai')
    expect(canonicalEmail('a@straße.example')).toBe('a@xn--strae-oqa.example')
  })

  it('never folds into the mailbox of somebody else', () => {
    expect(canonicalEmail('straße@x.example')).toBe('straße@x.example')
    expect(canonicalEmail('mıke@x.example')).toBe('mıke@x.example')
    expect(canonicalEmail('asha+news@x.example')).toBe('asha+news@x.example')
  })

  it.each([
    '',
    ' ',
    '@',
    'asha',
    'asha@',
    '@police.example',
    'asha@police',
    'asha@.example',
    'asha@police..example',
    'asha@-police.example',
    'asha@police.example/path',
    'asha@police.example:25',
    'asha@police.example?x',
    'asha@pol%69ce.example',
    'asha@127.0.0.1',
    'asha@[127.0.0.1]',
    'asha@0x7f.1',
    'asha rao@police.example',
    'asha@rao@police.example',
    '.asha@police.example',
    'asha.@police.example',
    'asha..rao@police.example',
    '"asha"@police.example',
    'Asha Rao <asha@police.example>',
    'asha@police.example, mei@police.example',
    `${'a'.repeat(65)}@police.example`,
    `a@${'a'.repeat(64)}.example`,
    `a@${'a.'.repeat(130)}example`,
    `a@police.example${' '.repeat(2000)}`,
  ])('is none: %j', (typed) => {
    expect(canonicalEmail(typed)).toBeNull()
  })
})

describe('a phone number', () => {
  const spellings = [
    '+919876543210',
    '+91 98765 43210',
    '+91-98765-43210',
    '+91.98765.43210',
    '+91 (98765) 43210',
    '(+91) 98765 43210',
    '+91 (0) 98765 43210',
    '+91/98765/43210',
    ' +91 98765 43210 ',
    '+91\u00a098765\u200943210',
    '+91\u201198765\u201343210',
    '+91\u221298765\u201443210',
    '\u202d+91 98765 43210\u202c',
    '\u200e+91\u200b98765\u206043210',
    '＋９１ ９８７６５ ４３２１０',
    '＋91（98765）43210',
    '+९१ ९८७६५ ४३२१०',
    '+٩١ ٩٨٧٦٥ ٤٣٢١٠',
    '+۹۱ ۹۸۷۶۵ ۴۳۲۱۰',
    '+𝟗𝟏 𝟗𝟖𝟕𝟔𝟓 𝟒𝟑𝟐𝟏𝟎',
    '0091 98765 43210',
    '00919876543210',
    'tel:+91-98765-43210',
    'TEL:+919876543210',
  ]

  it.each(spellings)('has one form, however it is typed: %j', (typed) => {
    expect(canonicalPhone(typed, null)).toBe('+919876543210')
    expect(canonicalPhone(typed, 'US')).toBe('+919876543210')
  })

  it.each(['9876543210', '09876543210', '098765-43210', '९८७६५ ४३२१०', '91 98765 43210'])(
    'without a country code is read in the region: %j',
    (typed) => {
      expect(canonicalPhone(typed, 'IN')).toBe('+919876543210')
      expect(canonicalPhone(typed, null)).toBeNull()
    },
  )

  it('follows the prefixes of its country', () => {
    expect(canonicalPhone('011 91 98765 43210', 'US')).toBe('+919876543210')
    expect(canonicalPhone('+44 (0)7911 123456', null)).toBe('+447911123456')
    expect(canonicalPhone('+39 06 1234567', null)).toBe('+39061234567')
    expect(canonicalPhone('8 912 345-67-89', 'RU')).toBe('+79123456789')
  })

  it('need not be in a range that the metadata knows', () => {
    expect(canonicalPhone('+1 555 555 0100', null)).toBe('+15555550100')
  })

  it.each([
    '',
    '+',
    '+91',
    '+91 98765',
    '+91+9876543210',
    '91+9876543210',
    '++919876543210',
    '+91 98765 43210 x5',
    '+91 98765 43210;ext=5',
    '+91 98765 43210, +91 98765 43211',
    '+999 1234567890',
    'asha',
    '1-800-FLOWERS',
    '+1234567890123456789',
    `+91 98765 43210${'-'.repeat(60)}`,
  ])('is none: %j', (typed) => {
    expect(canonicalPhone(typed, 'IN')).toBeNull()
  })

  it('is none in a region that does not exist', () => {
    expect(canonicalPhone('9876543210', 'XX')).toBeNull()
  })
})

describe('a name', () => {
  it.each([
    'POL-20418',
    'pol-20418',
    ' Pol-20418\n',
    'ＰＯＬ－２０４１８',
    'P\u200bOL-\u206020418',
    '\u202ePOL-20418\u202c',
    '\u3164POL-20418\uffa0',
  ])('has one form, however it is typed: %j', (typed) => {
    expect(canonicalName(typed)).toBe('pol-20418')
  })

  it('folds case as people read it', () => {
    expect(canonicalName('STRASSE')).toBe(canonicalName('straße'))
    expect(canonicalName('STRAẞE')).toBe(canonicalName('straße'))
    expect(canonicalName('ΟΔΟΣ')).toBe(canonicalName('οδος'))
    expect(canonicalName('ΟΔΟΣ')).toBe(canonicalName('οδοσ'))
    expect(canonicalName('ısmail')).not.toBe(canonicalName('ismail'))
  })

  it('keeps words apart by one space', () => {
    expect(canonicalName('Asha \t\u00a0 Rao')).toBe('asha rao')
  })

  it('never looks like a contact', () => {
    expect(canonicalName('asha@police.example')).toBeNull()
    expect(canonicalName('asha＠police')).toBeNull()
    expect(canonicalName('+919876543210')).toBeNull()
    expect(canonicalName('\u200b＋91 98765 43210')).toBeNull()
  })

  it('has 1 to 64 characters', () => {
    expect(canonicalName('\u200b \u2800')).toBeNull()
    expect(canonicalName('a'.repeat(64))).toBe('a'.repeat(64))
    expect(canonicalName('a'.repeat(65))).toBeNull()
    expect(canonicalName('𐐀'.repeat(64))).toBe('𐐨'.repeat(64))
  })

  it('is its own canonical form, whatever character it has', () => {
    const unstable: string[] = []
    for (const character of everyCharacter()) {
      const once = canonicalName(`a${character}b`)
      if (once !== null && canonicalName(once) !== once) unstable.push(character)
    }
    expect(unstable).toEqual([])
  })
})

describe('what is typed into the one identifier field', () => {
  it('is an address when it reads as one', () => {
    expect(canonicalIdentifier(' Asha@Police.Example', 'IN')).toEqual([
      { space: 'email', value: 'asha@police.example' },
    ])
  })

  it('is a phone first, then a name, when it may be both', () => {
    expect(canonicalIdentifier('98765 43210', 'IN')).toEqual([
      { space: 'phone', value: '+919876543210' },
      { space: 'name', value: '98765 43210' },
    ])
  })

  it('is a name when no number of the region is so short', () => {
    expect(canonicalIdentifier('20418', 'IN')).toEqual([{ space: 'name', value: '20418' }])
  })

  it('is nobody when it is no identifier', () => {
    expect(canonicalIdentifier('', null)).toEqual([])
    expect(canonicalIdentifier('asha@', null)).toEqual([])
    expect(canonicalIdentifier('x'.repeat(100_000), null)).toEqual([])
  })
})

describe('a code', () => {
  it.each([
    '012345',
    '012 345',
    '012-345',
    ' 0 1 2 3 4 5 ',
    '０１２３４５',
    '०१२३४५',
    '٠١٢-٣٤٥',
    '012\u2011345',
    '012\u200b345.',
  ])('has one form, however it is typed: %j', (typed) => {
    expect(canonicalCode(typed)).toBe('012345')
  })

  it('reads the digits of every script', () => {
    const byValue = new Map<string, number>()
    for (const character of everyCharacter()) {
      if (!/\p{Nd}/u.test(character)) continue
      const digit = canonicalCode(character)
      byValue.set(digit, (byValue.get(digit) ?? 0) + 1)
    }
    expect([...byValue.keys()].sort()).toEqual([...'0123456789'])
    expect(new Set(byValue.values()).size).toBe(1)
  })

  it('keeps what is no digit, so that it matches nothing', () => {
    expect(canonicalCode('o12345')).toBe('o12345')
    expect(canonicalCode('1'.repeat(100))).toBe('')
  })
})

describe('time', () => {
  it('grows with the length of the text and no faster', () => {
    const hostile = [
      'a@'.repeat(512),
      '.'.repeat(1024),
      '('.repeat(1024),
      'a.'.repeat(512),
      '\ufdfa'.repeat(1024),
    ]
    const start = performance.now()
    for (let round = 0; round < 20; round += 1) {
      for (const text of hostile) {
        canonicalIdentifier(text, 'IN')
        canonicalCode(text)
      }
    }
    // About 40 ms here; a backtracking expression would take minutes.
    expect(performance.now() - start).toBeLessThan(3000)
  })
})
