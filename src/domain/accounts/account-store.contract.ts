import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore, type Storage } from '../../../tests/support/backend.ts'
import { call, countOf, race } from '../../../tests/support/race.ts'
import {
  aMessage,
  anAccount,
  anAuditEntry,
  aSignIn,
  at,
  bytes,
  justBefore,
  NOON,
} from '../../../tests/support/records.ts'
import { describeInsertWithClaim, describeInvited, describeReplace } from './account-change.contract.ts'
import type { Identifier, OneTimeLink } from './account-store.ts'

const ADDRESS: Identifier = { space: 'email', value: 'ann@example.test' }
const NOTHING = { audit: [] }

function aLink(changes: Partial<OneTimeLink> = {}): OneTimeLink {
  return {
    secretHash: bytes('link'),
    purpose: 'setup',
    accountId: null,
    createdAt: NOON,
    expiresAt: at(3600),
    ...changes,
  }
}

async function unsealedIds(storage: Storage): Promise<string[]> {
  return (await storage.audit.listUnsealed(100)).map(({ id }) => id)
}

export function describeAccountStore(backend: Backend): void {
  describe(`${backend.name}: accounts`, () => {
    const opened = freshStore(backend)
    describeInsertAndFind(opened)
    describeInsertWithClaim(opened)
    describeReplace(opened)
    describeChanges(opened)
    describeInvited(opened)
    describeFirstOwner(opened)
    describeLinks(opened)
    describeErasing(opened)
  })
}

function describeInsertAndFind(opened: FreshStore): void {
  it('finds an account by its id and by each identifier, on every handle', async () => {
    const { storage, second } = opened()
    const account = anAccount()
    const name: Identifier = { space: 'name', value: 'ann.1' }
    await storage.accounts.insert(account, [ADDRESS, name], NOTHING)
    expect(await second.accounts.find(account.id)).toEqual(account)
    expect(await second.accounts.findByIdentifier(ADDRESS)).toEqual(account)
    expect(await second.accounts.findByIdentifier(name)).toEqual(account)
  })

  it('gives back what went in: milliseconds, nothing, text as it was written', async () => {
    const { storage } = opened()
    const full = anAccount({
      status: 'awaiting-approval',
      email: { value: 'ünï@bücher.example', verifiedAt: null },
      phone: { value: '+4915112345678', verifiedAt: new Date(1) },
      userId: 'A\u030angström 中文 🙂',
      employeeId: '007',
      fields: { fullName: 'Ann $a.b', age: 7.5, aadhaar: { sealed: 'c2VhbGVk' } },
      passwordHash: null,
      passwordChangedAt: null,
      roles: ['b.read', 'a:$write', 'b.read'],
      adminRole: 'auditor',
      lastSignInAt: new Date('2026-03-01T12:00:00.999Z'),
      version: 7,
    })
    await storage.accounts.insert(full, [], NOTHING)
    expect(await storage.accounts.find(full.id)).toEqual(full)
    const bare = anAccount({ email: null, phone: null })
    await storage.accounts.insert(bare, [], NOTHING)
    expect(await storage.accounts.find(bare.id)).toEqual(bare)
  })

  it('knows nobody by an unknown id, value or space, nor by another spelling', async () => {
    const { storage } = opened()
    await storage.accounts.insert(anAccount(), [ADDRESS], NOTHING)
    expect(await storage.accounts.find('acc_unknown')).toBeNull()
    expect(await storage.accounts.findByIdentifier({ ...ADDRESS, value: 'bob@example.test' })).toBeNull()
    expect(await storage.accounts.findByIdentifier({ ...ADDRESS, space: 'name' })).toBeNull()
    expect(await storage.accounts.findByIdentifier({ ...ADDRESS, value: 'Ann@example.test' })).toBeNull()
    expect(await storage.accounts.findByIdentifier({ ...ADDRESS, value: 'ann@example.test ' })).toBeNull()
  })

  it('refuses a taken identifier or id, and nothing of that write stays', async () => {
    const { storage, second } = opened()
    const first = anAccount()
    await storage.accounts.insert(first, [ADDRESS], NOTHING)
    const other = anAccount()
    const free: Identifier = { space: 'phone', value: '+4915100000000' }
    const write = { audit: [anAuditEntry()], messages: [aMessage()] }
    await expect(second.accounts.insert(other, [free, ADDRESS], write)).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    await expect(second.accounts.insert(first, [free], write)).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    expect(await storage.accounts.find(other.id)).toBeNull()
    expect(await storage.accounts.findByIdentifier(free)).toBeNull()
    expect(await unsealedIds(storage)).toEqual([])
    expect(await storage.messages.countWaiting(NOON)).toBe(0)
  })

  it('keeps audit records and messages of the same write', async () => {
    const { storage } = opened()
    const entry = anAuditEntry()
    await storage.accounts.insert(anAccount(), [ADDRESS], { audit: [entry], messages: [aMessage()] })
    expect(await unsealedIds(storage)).toEqual([entry.id])
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })

  it('gives a contested identifier to exactly one of many, over two processes', async () => {
    const { settings, storage } = opened()
    const insert = () => call('accounts', 'insert', anAccount(), [ADDRESS], { audit: [anAuditEntry()] })
    const outcomes = await race(
      settings,
      Array.from({ length: 20 }, insert),
      Array.from({ length: 20 }, insert),
    )
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    expect(outcomes.filter((one) => !one.ok && one.code === 'duplicate_key')).toHaveLength(39)
    expect(await storage.audit.countUnsealed()).toBe(1)
  })
}

function describeChanges(opened: FreshStore): void {
  it('replaces a password hash only while it is the one that was read; the version rises', async () => {
    const { storage, second } = opened()
    const account = anAccount({ passwordHash: 'old' })
    await storage.accounts.insert(account, [], NOTHING)
    expect(await storage.accounts.replacePasswordHash(account.id, 'old', 'new')).toBe(true)
    expect(await second.accounts.replacePasswordHash(account.id, 'old', 'other')).toBe(false)
    expect(await storage.accounts.replacePasswordHash('acc_unknown', 'old', 'new')).toBe(false)
    expect(await second.accounts.find(account.id)).toEqual({ ...account, passwordHash: 'new', version: 2 })
  })

  it('notes a sign-in of an active account with its record; the version rises', async () => {
    const { storage, second } = opened()
    const account = anAccount()
    await storage.accounts.insert(account, [], NOTHING)
    const entry = anAuditEntry()
    expect(await storage.accounts.recordSignIn(account.id, aSignIn({ at: at(5), audit: [entry] }))).toBe(true)
    expect(await second.accounts.find(account.id)).toEqual({ ...account, lastSignInAt: at(5), version: 2 })
    expect(await unsealedIds(second)).toEqual([entry.id])
  })

  it('keeps by which contact a reset was until a sign-in makes it good', async () => {
    const { storage, second } = opened()
    const account = anAccount({ recoveredBy: 'email' })
    await storage.accounts.insert(account, [], NOTHING)
    expect(await storage.accounts.recordSignIn(account.id, aSignIn({ makesGood: false }))).toBe(true)
    expect(await second.accounts.find(account.id)).toMatchObject({ recoveredBy: 'email', version: 2 })
    expect(await storage.accounts.recordSignIn(account.id, aSignIn())).toBe(true)
    expect(await second.accounts.find(account.id)).toMatchObject({ recoveredBy: null, version: 3 })
  })

  it('notes no sign-in that began under another generation: it is over, and makes nothing good', async () => {
    const { storage, second } = opened()
    const account = anAccount({ recoveredBy: 'email' })
    await storage.accounts.insert(account, [], NOTHING)
    const raises = [{ owner: { kind: 'account', id: account.id }, signIn: true }] as const
    await second.revocations.raise(raises, NOON, [])
    const entry = anAuditEntry()
    for (const generation of [0, 2]) {
      const signIn = aSignIn({ generation, audit: [entry] })
      expect(await storage.accounts.recordSignIn(account.id, signIn)).toBe(false)
    }
    expect(await storage.accounts.find(account.id)).toEqual(account)
    expect(await unsealedIds(storage)).toEqual([])
    expect(await storage.accounts.recordSignIn(account.id, aSignIn({ generation: 1 }))).toBe(true)
  })

  it('removes an account while it is the one that was read; what was its own is free again', async () => {
    const { storage, second } = opened()
    const { accounts } = storage
    const account = anAccount({ status: 'awaiting-approval' })
    const claim = { employeeId: 'pol-1', recordVersion: null, role: 'police', checkedAt: NOON }
    await accounts.insert(account, [ADDRESS], { audit: [], claim })
    const entry = anAuditEntry()
    const write = { audit: [entry], messages: [aMessage()], at: NOON }
    expect(await accounts.remove(account.id, 2, write)).toBe(false)
    expect(await accounts.remove('acc_unknown', 1, write)).toBe(false)
    expect(await unsealedIds(storage)).toEqual([])
    expect(await second.accounts.remove(account.id, 1, write)).toBe(true)
    expect(await accounts.remove(account.id, 1, write)).toBe(false)
    expect(await accounts.find(account.id)).toBeNull()
    expect(await unsealedIds(storage)).toEqual([entry.id])
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
    expect(await accounts.insert(anAccount(), [ADDRESS], { audit: [], claim })).toBe('inserted')
  })

  it('notes no sign-in and writes no record for any other account', async () => {
    const { storage } = opened()
    for (const status of ['awaiting-approval', 'invited', 'disabled', 'deactivated'] as const) {
      const account = anAccount({ status })
      await storage.accounts.insert(account, [], NOTHING)
      expect(await storage.accounts.recordSignIn(account.id, aSignIn({ audit: [anAuditEntry()] }))).toBe(
        false,
      )
      expect(await storage.accounts.find(account.id)).toEqual(account)
    }
    expect(await storage.accounts.recordSignIn('acc_unknown', aSignIn({ audit: [anAuditEntry()] }))).toBe(
      false,
    )
    expect(await unsealedIds(storage)).toEqual([])
  })
}

function describeFirstOwner(opened: FreshStore): void {
  const owner = () => anAccount({ adminRole: 'owner' })

  it('knows whether there is an owner', async () => {
    const { storage, second } = opened()
    await storage.accounts.insert(anAccount({ adminRole: 'operator' }), [], NOTHING)
    expect(await storage.accounts.hasOwner()).toBe(false)
    await storage.accounts.insert(owner(), [], NOTHING)
    expect(await second.accounts.hasOwner()).toBe(true)
  })

  it('makes the first owner and uses up the link, with record and message', async () => {
    const { storage, second } = opened()
    const link = aLink()
    await storage.accounts.keepLink(link, [])
    const account = owner()
    const entry = anAuditEntry()
    const write = { audit: [entry], messages: [aMessage()] }
    expect(await second.accounts.insertFirstOwner(account, [ADDRESS], link.secretHash, NOON, write)).toBe(
      'inserted',
    )
    expect(await storage.accounts.findByIdentifier(ADDRESS)).toEqual(account)
    expect(await storage.accounts.findLink(link.secretHash, NOON)).toBeNull()
    expect(await unsealedIds(storage)).toEqual([entry.id])
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })

  it('refuses a link that is unknown, used up, or at its end', async () => {
    const { storage } = opened()
    const { accounts } = storage
    const link = aLink()
    await accounts.keepLink(link, [])
    const write = { audit: [anAuditEntry()] }
    expect(await accounts.insertFirstOwner(owner(), [], bytes('unknown'), NOON, write)).toBe('link-dead')
    expect(await accounts.insertFirstOwner(owner(), [], link.secretHash, link.expiresAt, write)).toBe(
      'link-dead',
    )
    expect(await unsealedIds(storage)).toEqual([])
    const moment = justBefore(link.expiresAt)
    expect(await accounts.insertFirstOwner(owner(), [], link.secretHash, moment, NOTHING)).toBe('inserted')
    expect(await accounts.insertFirstOwner(owner(), [], link.secretHash, moment, NOTHING)).toBe('link-dead')
  })

  it('refuses where an owner exists; the link stays as it was', async () => {
    const { storage } = opened()
    const link = aLink()
    await storage.accounts.keepLink(link, [])
    await storage.accounts.insert(owner(), [], NOTHING)
    const write = { audit: [anAuditEntry()] }
    expect(await storage.accounts.insertFirstOwner(owner(), [ADDRESS], link.secretHash, NOON, write)).toBe(
      'owner-exists',
    )
    expect(await storage.accounts.findByIdentifier(ADDRESS)).toBeNull()
    expect(await storage.accounts.findLink(link.secretHash, NOON)).toEqual(link)
    expect(await unsealedIds(storage)).toEqual([])
  })

  it('throws on a taken identifier; link and owner stay as they were', async () => {
    const { storage } = opened()
    const link = aLink()
    await storage.accounts.keepLink(link, [])
    await storage.accounts.insert(anAccount(), [ADDRESS], NOTHING)
    await expect(
      storage.accounts.insertFirstOwner(owner(), [ADDRESS], link.secretHash, NOON, {
        audit: [anAuditEntry()],
      }),
    ).rejects.toMatchObject({ code: 'duplicate_key' })
    expect(await storage.accounts.findLink(link.secretHash, NOON)).toEqual(link)
    expect(await storage.accounts.hasOwner()).toBe(false)
    expect(await unsealedIds(storage)).toEqual([])
  })

  it('makes exactly one first owner of many with live links, over two processes', async () => {
    const { settings, storage } = opened()
    const hashes = Array.from({ length: 20 }, (_, index) => bytes(`link ${index}`))
    for (const secretHash of hashes) await storage.accounts.keepLink(aLink({ secretHash }), [])
    const calls = hashes.map((hash) =>
      call('accounts', 'insertFirstOwner', owner(), [], hash, NOON, { audit: [anAuditEntry()] }),
    )
    const outcomes = await race(settings, calls.slice(0, 10), calls.slice(10))
    expect(countOf('inserted', outcomes)).toBe(1)
    expect(countOf('owner-exists', outcomes)).toBe(19)
    expect(await storage.audit.countUnsealed()).toBe(1)
  })
}

function describeLinks(opened: FreshStore): void {
  it('finds a link until it ends, not at the end', async () => {
    const { storage, second } = opened()
    const link = aLink()
    const entry = anAuditEntry()
    await storage.accounts.keepLink(link, [entry])
    expect(await second.accounts.findLink(link.secretHash, justBefore(link.expiresAt))).toEqual(link)
    expect(await second.accounts.findLink(link.secretHash, link.expiresAt)).toBeNull()
    expect(await second.accounts.findLink(bytes('unknown'), NOON)).toBeNull()
    expect(await unsealedIds(storage)).toEqual([entry.id])
  })

  it('refuses a link whose secret is kept already', async () => {
    const { storage } = opened()
    await storage.accounts.keepLink(aLink(), [])
    await expect(storage.accounts.keepLink(aLink(), [])).rejects.toMatchObject({ code: 'duplicate_key' })
  })

  it('tidies ended links away, some at a time', async () => {
    const { storage } = opened()
    for (const name of ['a', 'b', 'c']) {
      await storage.accounts.keepLink(aLink({ secretHash: bytes(name), expiresAt: at(10) }), [])
    }
    await storage.accounts.keepLink(aLink({ expiresAt: at(11) }), [])
    expect(await storage.accounts.tidy(at(10), 2)).toBe(2)
    expect(await storage.accounts.tidy(at(10), 2)).toBe(1)
    expect(await storage.accounts.tidy(at(10), 2)).toBe(0)
    expect(await storage.accounts.findLink(bytes('link'), at(10))).not.toBeNull()
  })
}

function describeErasing(opened: FreshStore): void {
  it('erases an account with all that leads to it, and raises in the same write', async () => {
    const { storage, second } = opened()
    const account = anAccount()
    const { id, version } = account
    const link = aLink({ purpose: 'owner-recovery', accountId: id })
    await storage.accounts.insert(account, [ADDRESS], NOTHING)
    await storage.accounts.keepLink(link, [])
    await storage.audit.keepPersonKey(id, bytes('wrapped'), NOON)
    const write = {
      raises: [{ owner: { kind: 'account', id } as const, signIn: true }],
      audit: [anAuditEntry()],
      at: NOON,
    }
    expect(await second.accounts.erase(id, version + 1, write)).toBe(false)
    expect(await storage.accounts.find(id)).toEqual(account)
    expect(await storage.audit.countUnsealed()).toBe(0)

    expect(await second.accounts.erase(id, version, write)).toBe(true)
    expect(await storage.accounts.find(id)).toBeNull()
    expect(await storage.accounts.findByIdentifier(ADDRESS)).toBeNull()
    expect(await storage.accounts.findLink(link.secretHash, NOON)).toBeNull()
    expect(await storage.audit.findPersonKey(id)).toBeNull()
    expect(await storage.revocations.findGenerations([{ kind: 'account', id }])).toEqual([
      { token: 1, signIn: 1 },
    ])
    expect(await second.accounts.erase(id, version, write)).toBe(false)
    expect(await storage.audit.countUnsealed()).toBe(1)
  })
}
