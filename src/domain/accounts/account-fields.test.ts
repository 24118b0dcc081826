import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { aUserType } from '../../../tests/support/records.ts'
import { systemRandom } from '../../lib/ids.ts'
import { verhoeffDigitOf } from '../../lib/verhoeff.ts'
import { readFields, type UserType } from '../user-types/index.ts'
import { createAccountFields, type FieldKey } from './account-fields.ts'

const key = (id: string, byte: number): FieldKey => ({ id, key: new Uint8Array(32).fill(byte) })
const roomWith = (keys: readonly [FieldKey, ...FieldKey[]], blindIndexKey = new Uint8Array(32).fill(9)) =>
  createAccountFields({ keys, blindIndexKey, random: systemRandom })
const room = roomWith([key('one', 1)])

const flags = { required: false, editableBy: 'admin' } as const
const CIVILIAN: UserType = aUserType({
  id: 'civilian',
  fields: [
    { ...flags, name: 'city', label: 'City', kind: 'text', unique: false, sensitive: false },
    { ...flags, name: 'nick', label: 'Nick', kind: 'text', unique: true, sensitive: true },
    { ...flags, name: 'size', label: 'Size', kind: 'number', unique: false, sensitive: true },
    {
      ...{ ...flags, name: 'aadhaar', label: 'Aadhaar', kind: 'nationalId', scheme: 'aadhaar' },
      ...{ unique: true, sensitive: true },
    },
  ],
})
const values = fc.record(
  {
    city: fc.string({ unit: 'binary' }),
    nick: fc.string({ unit: 'binary' }),
    size: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((size) => !Object.is(size, -0)),
    aadhaar: fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 12, maxLength: 12 }),
  },
  { requiredKeys: [] },
)

describe('the fields of an account', () => {
  it('come out as they went in, in clear where their field is not sensitive', () => {
    fc.assert(
      fc.property(values, (written) => {
        const fields = room.seal(CIVILIAN, written, 'acc_1')
        expect(room.open({ id: 'acc_1', fields })).toEqual(written)
        expect(Object.keys(fields)).toEqual(Object.keys(written))
        expect(fields['city']).toBe(written.city)
        // As a store keeps them.
        expect(room.open({ id: 'acc_1', fields: JSON.parse(JSON.stringify(fields)) })).toEqual(
          JSON.parse(JSON.stringify(written)),
        )
      }),
    )
  })

  it('hold nothing of a sensitive value that can be read or compared', () => {
    const written = { nick: 'the-nick-of-asha', size: 987_654_321, aadhaar: '999941057058' }
    const stored = [1, 2].map(() => JSON.stringify(room.seal(CIVILIAN, written, 'acc_1')))
    for (const value of Object.values(written).map(String)) {
      for (const text of [value, Buffer.from(value).toString('base64'), Buffer.from(value).toString('hex')])
        expect(stored[0]).not.toContain(text)
    }
    expect(stored[0]).not.toBe(stored[1])
  })

  it.each<readonly [string, string, string]>([
    ['another account', 'acc_2', 'nick'],
    ['another field', 'acc_1', 'aadhaar'],
    ['an account whose id runs into the name', 'acc_1/nick', ''],
  ])('do not open in the place of %s', (_, id, name) => {
    const { nick } = room.seal(CIVILIAN, { nick: 'Asha' }, 'acc_1')
    if (nick === undefined) throw new Error('Nothing was sealed.')
    expect(room.open({ id: 'acc_1', fields: { nick } })).toEqual({ nick: 'Asha' })
    expect(() => room.open({ id, fields: { [name]: nick } })).toThrow('opens with none of the keys')
  })

  it('open with an older key, are sealed with the newest, and with a key that is gone not at all', () => {
    const old = roomWith([key('old', 2)])
    const rotated = roomWith([key('new', 3), key('old', 2)])
    const newest = roomWith([key('new', 3)])
    const fields = old.seal(CIVILIAN, { nick: 'Asha', size: 3 }, 'acc_1')
    expect(rotated.open({ id: 'acc_1', fields })).toEqual({ nick: 'Asha', size: 3 })
    expect(() => newest.open({ id: 'acc_1', fields })).toThrow('none of the keys')
    const again = rotated.seal(CIVILIAN, rotated.open({ id: 'acc_1', fields }), 'acc_1')
    expect(newest.open({ id: 'acc_1', fields: again })).toEqual({ nick: 'Asha', size: 3 })
    expect(() => old.open({ id: 'acc_1', fields: again })).toThrow('none of the keys')
  })

  it('are refused when a byte of them was changed', () => {
    const { nick } = room.seal(CIVILIAN, { nick: 'Asha' }, 'acc_1')
    const sealed = Buffer.from(typeof nick === 'object' ? nick.sealed : '', 'base64url')
    for (const at of sealed.keys()) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      const fields = { nick: { sealed: changed.toString('base64url') } }
      expect(() => room.open({ id: 'acc_1', fields })).toThrow()
    }
  })
})

describe('the values that nobody else may have', () => {
  /** As typed; what the type takes of it. */
  function identifiersOf(typed: Record<string, string>, type = CIVILIAN, accountFields = room) {
    const read = readFields(type.fields, typed, { phoneRegion: null })
    if (!read.ok) throw new Error(JSON.stringify(read.faults))
    return accountFields.identifiersOf(type, read.values)
  }

  it('are those of unique fields alone', () => {
    expect(room.identifiersOf(CIVILIAN, { city: 'Pune', size: 3 })).toEqual([])
    expect(room.identifiersOf(CIVILIAN, { nick: 'Asha', city: 'Pune' })).toHaveLength(1)
    expect(room.identifiersOf(CIVILIAN, JSON.parse('{"__proto__": {"nick": "Asha"}}'))).toEqual([])
  })

  it('are equal for the spellings of one value', () => {
    const forms = ['Asha Rao', ' asha  RAO\u200b', 'ＡＳＨＡ ｒａｏ', 'Asha Ra\u006f'].map((nick) =>
      identifiersOf({ nick }),
    )
    for (const form of forms) expect(form).toEqual(forms[0])
    const digits = `23412341234${verhoeffDigitOf('23412341234')}`
    const spelled = digits.replace(/(.{4})(?!$)/g, '$1 ')
    expect(identifiersOf({ aadhaar: spelled })).toEqual(identifiersOf({ aadhaar: digits }))
  })

  it('differ for two values, two fields and two types', () => {
    const made = [
      room.identifiersOf(CIVILIAN, { nick: '123' }),
      room.identifiersOf(CIVILIAN, { nick: '124' }),
      room.identifiersOf(CIVILIAN, { aadhaar: '123' }),
      room.identifiersOf({ ...CIVILIAN, id: 'judge' }, { nick: '123' }),
    ]
    expect(new Set(made.map((one) => JSON.stringify(one))).size).toBe(made.length)
  })

  it('say nothing without the key, and are the same under it in every process', () => {
    const [one] = room.identifiersOf(CIVILIAN, { aadhaar: '999941057058' })
    expect(one?.space).toBe('field')
    expect(one?.value).not.toContain('999941057058')
    expect(roomWith([key('other', 4)]).identifiersOf(CIVILIAN, { aadhaar: '999941057058' })).toEqual([one])
    const otherKey = roomWith([key('one', 1)], new Uint8Array(32).fill(8))
    expect(otherKey.identifiersOf(CIVILIAN, { aadhaar: '999941057058' })).not.toEqual([one])
  })
})
