import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { systemRandom as random } from '../../lib/ids.ts'
import { createPersonKeys } from './person-keys.ts'

const clock = movingClock(new Date('2026-11-30T12:00:00Z'))
const { storage } = temporaryStorage(clock)

const open = () =>
  createPersonKeys({ store: storage().audit, wrappingKeys: [Buffer.alloc(32, 7)], clock, random })

describe('the key of a person', () => {
  it('is made once and stays the same', async () => {
    const made = await open().keyFor('acc_1')
    expect(await open().keyFor('acc_1')).toEqual(made)
    expect(await open().find('acc_1')).toEqual(made)
    expect(await open().keyFor('acc_2')).not.toEqual(made)
  })

  it('is remembered without the memory that it was opened in', async () => {
    const keys = open()
    for (const personKeyId of ['acc_1', 'acc_1', 'acc_2']) {
      const { buffer, byteLength } = await keys.keyFor(personKeyId)
      expect(buffer.byteLength).toBe(byteLength)
    }
  })
})
