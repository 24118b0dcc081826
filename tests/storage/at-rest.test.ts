import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage, type Storage } from '../../src/storage/index.ts'
import { aChallenge, aMessage, at, bytes, NOON } from '../support/records.ts'

/** Longer than a page, so that it also leaves pages of its own behind. */
const SECRET = bytes('a secret that must not be found again. '.repeat(300))

let folder: string
let file: string
let storage: Storage

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-'))
  file = join(folder, 'latchkey.db')
  storage = await openStorage({ driver: 'sqlite', file }, { clock: systemClock })
})

afterEach(async () => {
  await storage.close()
  await rm(folder, { recursive: true })
})

async function foundInFile(): Promise<boolean> {
  await storage.close()
  return (await readFile(file)).includes('must not be found')
}

describe('the file of a store', () => {
  it('has what is kept', async () => {
    await storage.audit.keepPersonKey('p1', SECRET, NOON)
    expect(await foundInFile()).toBe(true)
  })

  it('has nothing of a destroyed key', async () => {
    await storage.audit.keepPersonKey('p1', SECRET, NOON)
    await storage.audit.destroyPersonKey('p1')
    expect(await foundInFile()).toBe(false)
  })

  it('has nothing of a message that was sent', async () => {
    const message = aMessage({ content: SECRET })
    await storage.messages.insert([message])
    await storage.messages.claim('one', NOON, at(30), 1)
    await storage.messages.markSent(message.id, 'one', at(1))
    expect(await foundInFile()).toBe(false)
  })

  it('has nothing of a message that has expired, once messages are claimed again', async () => {
    const message = aMessage({ content: SECRET })
    await storage.messages.insert([message])
    await storage.messages.claim('one', message.expiresAt, at(999), 1)
    expect(await foundInFile()).toBe(false)
  })

  it('has nothing of the MAC of a code that has ended', async () => {
    const challenge = aChallenge({ codeMac: SECRET })
    await storage.challenges.insert(challenge, { audit: [], messages: [] })
    await storage.challenges.tidy(at(999), NOON, 10)
    expect(await foundInFile()).toBe(false)
  })
})
