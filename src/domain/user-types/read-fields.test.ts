import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { verhoeffDigitOf } from '../../lib/verhoeff.ts'
import { type FieldDefinition, fieldSchema } from './field.ts'
import { type FieldFault, type FieldValue, readFields, shownValue, uniqueForm } from './read-fields.ts'

const field = (change: object): FieldDefinition =>
  fieldSchema.parse({ name: 'one', label: 'One', kind: 'text', ...change })
const AADHAAR = { kind: 'nationalId', scheme: 'aadhaar' }
const COURTS = {
  kind: 'choice',
  choices: [
    { value: 'high', label: 'High court' },
    { value: 'Straße 5', label: 'Fifth street' },
  ],
}

function read(definition: FieldDefinition, value: unknown) {
  return readFields([definition], { [definition.name]: value }, { phoneRegion: 'IN' })
}

function faultOf(definition: FieldDefinition, value: unknown): FieldFault | null {
  const result = read(definition, value)
  return result.ok ? null : (result.faults[0]?.fault ?? null)
}

function valueTaken(definition: FieldDefinition, value: unknown): FieldValue | undefined {
  const result = read(definition, value)
  return result.ok ? result.values[definition.name] : undefined
}

const aadhaar = fc
  .tuple(
    fc.integer({ min: 2, max: 9 }),
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 10, maxLength: 10 }),
  )
  .map(([first, rest]) => [first, ...rest].join(''))
  .map((digits) => digits + verhoeffDigitOf(digits))

/** Fields of every kind, with and without limits. */
const definition: fc.Arbitrary<FieldDefinition> = fc
  .tuple(
    fc.constantFrom(
      ...[{ kind: 'text' }, { kind: 'text', minLength: 2, maxLength: 5 }].map(field),
      ...[{ kind: 'text', pattern: '[A-Z]{2}-\\d+' }, { kind: 'email' }, { kind: 'phone' }].map(field),
      ...[{ kind: 'date' }, { kind: 'date', notBefore: '1900-01-01', notAfter: '2026-12-31' }].map(field),
      ...[COURTS, { kind: 'number' }, { kind: 'number', min: 0, max: 150 }, AADHAAR].map(field),
    ),
    fc.record({ required: fc.boolean(), unique: fc.boolean(), sensitive: fc.boolean() }),
  )
  .map(([one, flags]) => ({ ...one, ...flags }))

/** What somebody may write who means the field, and what nobody would. */
const written = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 8 }),
  fc.string({ minLength: 990, maxLength: 1010 }),
  fc.double(),
  fc.integer({ min: -10, max: 200 }),
  fc.integer({ min: -10, max: 200 }).map(String),
  fc.constantFrom(
    -0,
    '-0',
    '+5',
    '1e3',
    '0x10',
    ' 42 ',
    '４２',
    '12345678901234567890.5',
    Number.NaN,
    Infinity,
  ),
  fc.date({ min: new Date('1850-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => {
    return date.toISOString().slice(0, 10)
  }),
  fc.constantFrom('2023-02-29', '2024-02-29', '0000-00-00', '2024-13-01', '24-01-01', '9999-12-31'),
  fc.constantFrom(
    'AB-12',
    'ab-12',
    'AB-12\n',
    'high',
    'High',
    'Stra\u00dfe  5',
    'a@b.example',
    '98765 43210',
  ),
  fc.constantFrom('+91 98765 43210', '\u200b', ' ', '', null, undefined, true, false, 10n),
  aadhaar,
  aadhaar.map((digits) => digits.replace(/(.{4})/g, '$1 ')),
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('$ne', '__proto__', 'toString', 'length'), fc.string(), { maxKeys: 2 }),
)

describe('the fields of a type', () => {
  it('take again unchanged whatever they took, also after a way through JSON', () => {
    fc.assert(
      fc.property(definition, written, (one, value) => {
        const first = read(one, value)
        if (!first.ok) return
        expect(readFields([one], first.values, { phoneRegion: 'IN' })).toEqual(first)
        expect(readFields([one], JSON.parse(JSON.stringify(first.values)), { phoneRegion: null })).toEqual(
          first,
        )
      }),
      { numRuns: 3000 },
    )
  })

  it('take again what a form shows of them', () => {
    fc.assert(
      fc.property(definition, written, (one, typed) => {
        const value = valueTaken(one, typed)
        if (value !== undefined) expect(valueTaken(one, String(value))).toBe(value)
      }),
      { numRuns: 3000 },
    )
  })

  it('give an answer to anything that JSON can say, and take texts and numbers only', () => {
    fc.assert(
      fc.property(
        fc.array(definition, { maxLength: 3 }),
        fc.object({ withNullPrototype: true }),
        (some, typed) => {
          const fields = some.map((one, at) => ({ ...one, name: `name${at}` }))
          const mixed = { ...typed, name0: Object.values(typed)[0] }
          const result = readFields(fields, mixed, { phoneRegion: null })
          if (!result.ok) return
          for (const value of Object.values(result.values)) expect(typeof value).toMatch(/^(string|number)$/)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['a list', ['text']],
    ['an empty list', []],
    ['an operator', { $ne: '' }],
    ['an object that turns itself into text', { toString: () => 'text' }],
    ['a truth value', true],
    ['a number where text is meant', 12],
  ])('refuse %s as malformed', (_, value) => {
    for (const kind of [{ kind: 'text' }, { kind: 'email' }, { kind: 'date' }, COURTS, AADHAAR]) {
      expect(faultOf(field(kind), value)).toBe('malformed')
    }
  })

  it('have no name that an object has by itself', () => {
    const typed = JSON.parse('{"__proto__": {"one": "x"}, "constructor": "x", "toString": "x"}')
    const result = readFields([field({})], typed, { phoneRegion: null })
    expect(result).toEqual({
      ok: false,
      faults: ['__proto__', 'constructor', 'toString'].map((name) => ({ name, fault: 'unknown' })),
    })
    const inherited = Object.create({ one: 'x' })
    expect(readFields([field({})], inherited, { phoneRegion: null })).toEqual({ ok: true, values: {} })
    const named = field({ name: 'constructor', required: true })
    expect(faultOf(named, undefined)).toBe('missing')
    expect(readFields([named], {}, { phoneRegion: null })).toMatchObject({ ok: false })
    expect(valueTaken(named, 'x')).toBe('x')
  })

  it('are all unknown but those that are asked for', () => {
    const fields = [field({ editableBy: 'person' }), field({ name: 'two', required: true })]
    const options = { phoneRegion: null, asked: ({ editableBy }: FieldDefinition) => editableBy === 'person' }
    expect(readFields(fields, { one: 'x' }, options)).toEqual({ ok: true, values: { one: 'x' } })
    expect(readFields(fields, { two: 'x' }, options)).toEqual({
      ok: false,
      faults: [{ name: 'two', fault: 'unknown' }],
    })
  })

  it('name every fault at once', () => {
    const fields = [field({ required: true }), field({ name: 'two', kind: 'date' })]
    expect(readFields(fields, { two: 'soon', three: 'x' }, { phoneRegion: null })).toEqual({
      ok: false,
      faults: [
        { name: 'three', fault: 'unknown' },
        { name: 'one', fault: 'missing' },
        { name: 'two', fault: 'malformed' },
      ],
    })
  })
})

describe('a required field', () => {
  it.each(['', ' ', '\u200b\u2066', '\u00a0\t', null, undefined])('is missing as %j', (value) => {
    fc.assert(
      fc.property(definition, (one) => {
        expect(faultOf({ ...one, required: true }, value)).toBe('missing')
        expect(read({ ...one, required: false }, value)).toEqual({ ok: true, values: {} })
      }),
    )
  })
})

describe('a limit', () => {
  it.each<readonly [string, object, unknown, FieldFault | null]>([
    ['text', { minLength: 3 }, 'ab', 'too-short'],
    ['text', { minLength: 3 }, 'ab ', 'too-short'],
    ['text', { minLength: 3 }, '🙂🙂🙂', null],
    ['text', { minLength: 3 }, '🙂🙂', 'too-short'],
    ['text', { maxLength: 3 }, 'abcd', 'too-long'],
    ['text', { maxLength: 3 }, ' abc ', null],
    ['text', { maxLength: 3 }, '🙂🙂🙂', null],
    ['text', {}, 'x'.repeat(1000), null],
    ['text', {}, 'x'.repeat(1001), 'too-long'],
    ['text', {}, 'x'.repeat(1_000_000), 'too-long'],
    ['text', { pattern: '[a-z]+' }, 'abc', null],
    ['text', { pattern: '[a-z]+' }, 'abc1', 'no-match'],
    ['text', { pattern: 'a|b' }, 'ab', 'no-match'],
    ['text', { pattern: 'a|b' }, 'b', null],
    ['number', { min: 1 }, '0', 'too-small'],
    ['number', { min: 1 }, 1, null],
    ['number', { max: 9 }, 9.01, 'too-large'],
    ['number', { max: 9 }, '9', null],
    ['number', {}, '9,5', 'malformed'],
    ['number', {}, '1e3', 'malformed'],
    ['number', {}, 1e300, 'malformed'],
    ['number', {}, 1e-7, 'malformed'],
    ['number', {}, '0.0000001', 'malformed'],
    ['number', {}, '', null],
    ['number', {}, Number.POSITIVE_INFINITY, 'malformed'],
    ['date', { notBefore: '2000-01-01' }, '1999-12-31', 'too-early'],
    ['date', { notBefore: '2000-01-01' }, '2000-01-01', null],
    ['date', { notAfter: '2000-01-01' }, '2000-01-02', 'too-late'],
    ['date', {}, '2023-02-29', 'malformed'],
    ['date', {}, '2024-02-29', null],
    ['date', {}, '01/02/2024', 'malformed'],
    ['email', {}, 'nobody', 'malformed'],
    ['phone', {}, '12', 'malformed'],
  ])('of %s %j takes %j as %s', (kind, limits, value, fault) => {
    expect(faultOf(field({ kind, ...limits }), value)).toBe(fault)
  })

  it('of a choice is its list, to the letter', () => {
    expect(valueTaken(field(COURTS), ' high ')).toBe('high')
    expect(valueTaken(field(COURTS), 'Straße  5')).toBe('Straße 5')
    for (const other of ['High', 'hi', 'High court', 'STRASSE 5'])
      expect(faultOf(field(COURTS), other)).toBe('not-a-choice')
  })
})

describe('an Aadhaar number', () => {
  it('is taken in every grouping and script, as twelve digits', () => {
    fc.assert(
      fc.property(aadhaar, fc.constantFrom(' ', '-', '\u2011', ''), (digits, gap) => {
        const typed = digits.replace(/(.{4})(?!$)/g, `$1${gap}`)
        expect(valueTaken(field(AADHAAR), typed)).toBe(digits)
        const devanagari = digits.replace(/\d/g, (digit) => String.fromCodePoint(0x966 + Number(digit)))
        expect(valueTaken(field(AADHAAR), devanagari)).toBe(digits)
      }),
    )
  })

  it('is refused with one digit wrong, two swapped, one more or one less', () => {
    fc.assert(
      fc.property(
        aadhaar,
        fc.integer({ min: 0, max: 11 }),
        fc.integer({ min: 1, max: 9 }),
        (digits, place, by) => {
          const wrong = String((Number(digits[place]) + by) % 10)
          expect(valueTaken(field(AADHAAR), digits.slice(0, place) + wrong + digits.slice(place + 1))).toBe(
            undefined,
          )
          for (const other of [`${digits}0`, digits.slice(1), `0${digits.slice(1)}`, `1${digits.slice(1)}`])
            expect(faultOf(field(AADHAAR), other)).toBe('malformed')
        },
      ),
    )
  })
})

describe('a value that nobody else may have', () => {
  it('is one for every spelling of a text', () => {
    const one = field({ unique: true })
    expect(uniqueForm(one, 'Ａsha  RAO')).toBe(uniqueForm(one, 'asha rao'))
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (typed) => {
        const value = valueTaken(one, typed)
        if (value === undefined) return
        const upper = valueTaken(one, typed.toUpperCase())
        if (upper !== undefined) expect(uniqueForm(one, upper)).toBe(uniqueForm(one, value))
      }),
    )
  })

  it('differs where the values of another kind do', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(COURTS, { kind: 'number' }, { kind: 'date' }),
        written,
        written,
        (kind, a, b) => {
          const one = field({ ...kind, unique: true })
          const [first, second] = [valueTaken(one, a), valueTaken(one, b)]
          if (first === undefined || second === undefined) return
          expect(uniqueForm(one, first) === uniqueForm(one, second)).toBe(first === second)
        },
      ),
    )
  })
})

describe('a sensitive value', () => {
  it('is shown by its end alone: four characters at most, a third at most', () => {
    fc.assert(
      fc.property(definition, written, (one, typed) => {
        const value = valueTaken(one, typed)
        if (value === undefined) return
        const whole = [...String(value)]
        const shown = [...shownValue({ ...one, sensitive: true }, value)]
        expect(shown).toHaveLength(whole.length)
        const hidden = shown.lastIndexOf('•') + 1
        const end = whole.length - hidden
        expect(shown.slice(0, hidden).every((character) => character === '•')).toBe(true)
        expect(end).toBeLessThanOrEqual(Math.min(4, whole.length / 3))
        expect(shown.slice(hidden)).toEqual(whole.slice(hidden))
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['x', '•'],
    ['xy', '••'],
    ['xyz', '••z'],
    ['🙂🙂🙂', '••🙂'],
    ['999941057058', '••••••••7058'],
    [1234567, '•••••67'],
  ])('%j is shown as %s', (value, shown) => {
    expect(shownValue(field({ sensitive: true }), value)).toBe(shown)
    expect(shownValue(field({}), value)).toBe(String(value))
  })
})
