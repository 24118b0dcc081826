import { expect, it } from '@jest/globals'
import type { FreshStore, Storage } from '../../../tests/support/backend.ts'
import { call, countOf, race, values } from '../../../tests/support/race.ts'
import {
  aMessage,
  anAccount,
  anAuditEntry,
  anEmployee,
  aSignIn,
  at,
  bytes,
  justBefore,
  NOON,
} from '../../../tests/support/records.ts'
import type { Account } from './account.ts'
import type { AccountChange, ClaimWrite, Identifier, OneTimeLink } from './account-store.ts'

const OLD: Identifier = { space: 'email', value: 'ann@example.test' }
const NEW: Identifier = { space: 'email', value: 'ann@new.example' }
const ID = 'jdg-1001'
const CLAIM: ClaimWrite = { employeeId: ID, recordVersion: 1, role: 'judge', checkedAt: at(-1) }
const ELSEWHERE: ClaimWrite = { ...CLAIM, recordVersion: null }

/** A change that shows by record, message and raise whether it happened. */
function aChange(id: string, changes: Partial<AccountChange> = {}): AccountChange {
  return {
    from: 1,
    added: [],
    removed: [],
    raises: [{ owner: { kind: 'account', id }, signIn: true }],
    audit: [anAuditEntry()],
    messages: [aMessage()],
    at: NOON,
    ...changes,
  }
}

async function written(storage: Storage, id: string): Promise<Readonly<Record<string, number>>> {
  const [generations] = await storage.revocations.findGenerations([{ kind: 'account', id }])
  return {
    records: await storage.audit.countUnsealed(),
    messages: await storage.messages.countWaiting(NOON),
    token: generations?.token ?? 0,
    signIn: generations?.signIn ?? 0,
  }
}

const NONE = { records: 0, messages: 0, token: 0, signIn: 0 }
const ONCE = { records: 1, messages: 1, token: 1, signIn: 1 }

async function keepAccount({ accounts }: Storage, changes: Partial<Account> = {}, identifiers = [OLD]) {
  const account = anAccount(changes)
  await accounts.insert(account, identifiers, { audit: [] })
  return account
}

async function keepEmployee({ employees }: Storage): Promise<void> {
  await employees.insert(anEmployee({ employeeId: ID }), { audit: [], raises: [], at: NOON })
}

/** The claim of an employee id in the write that makes an account. */
export function describeInsertWithClaim(opened: FreshStore): void {
  const name: Identifier = { space: 'name', value: ID }
  const officer = () => anAccount({ employeeId: ID, createdAt: at(-2) })
  const write = (claim: ClaimWrite) => ({ audit: [anAuditEntry()], messages: [aMessage()], claim })

  it('makes account and claim in one step', async () => {
    const { storage, second } = opened()
    await keepEmployee(storage)
    const account = officer()
    expect(await second.accounts.insert(account, [name], write(CLAIM))).toBe('inserted')
    expect(await storage.accounts.findByIdentifier(name)).toEqual(account)
    expect(await storage.employees.findClaim(ID)).toEqual({
      employeeId: ID,
      accountId: account.id,
      claimedAt: at(-2),
      role: 'judge',
      status: 'active',
      checkedAt: at(-1),
    })
    expect(await written(storage, account.id)).toEqual({ ...NONE, records: 1, messages: 1 })
  })

  it('makes neither when somebody has the id, or the record is another or gone', async () => {
    const { storage, second } = opened()
    const { accounts } = storage
    expect(await accounts.insert(officer(), [name], write(CLAIM))).toBe('not-claimable')
    await keepEmployee(storage)
    const account = officer()
    expect(await accounts.insert(account, [name], write({ ...CLAIM, recordVersion: 2 }))).toBe(
      'not-claimable',
    )
    expect(await accounts.find(account.id)).toBeNull()
    expect(await storage.employees.findClaim(ID)).toBeNull()
    expect(await written(storage, account.id)).toEqual(NONE)
    expect(await second.accounts.insert(officer(), [name], write(CLAIM))).toBe('inserted')
    expect(await accounts.insert(account, [], write(CLAIM))).toBe('not-claimable')
    expect(await accounts.insert(account, [], write(ELSEWHERE))).toBe('not-claimable')
    expect(await accounts.find(account.id)).toBeNull()
  })

  it('asks for no record where the register is somebody else’s', async () => {
    const { storage } = opened()
    const account = officer()
    expect(await storage.accounts.insert(account, [name], write(ELSEWHERE))).toBe('inserted')
    expect(await storage.employees.findClaimOf(account.id)).toMatchObject({ employeeId: ID })
  })

  it('leaves no claim when an identifier is taken', async () => {
    const { storage } = opened()
    await keepAccount(storage)
    const account = officer()
    await expect(storage.accounts.insert(account, [name, OLD], write(ELSEWHERE))).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    expect(await storage.employees.findClaim(ID)).toBeNull()
    expect(await storage.accounts.findByIdentifier(name)).toBeNull()
    expect(await written(storage, account.id)).toEqual(NONE)
  })

  it('refuses a user id that is an employee id of the register', async () => {
    const { storage } = opened()
    await keepEmployee(storage)
    const poser = anAccount({ userId: ID })
    await expect(storage.accounts.insert(poser, [name], { audit: [] })).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    expect(await storage.accounts.find(poser.id)).toBeNull()
  })

  it('makes one account of 20 that claim one employee id at once, over two processes', async () => {
    const { settings, storage } = opened()
    await keepEmployee(storage)
    const insert = () => call('accounts', 'insert', officer(), [name], write(CLAIM))
    const outcomes = await race(
      settings,
      Array.from({ length: 10 }, insert),
      Array.from({ length: 10 }, insert),
    )
    expect(countOf('inserted', outcomes)).toBe(1)
    expect(countOf('not-claimable', outcomes)).toBe(19)
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await storage.messages.countWaiting(NOON)).toBe(1)
  })

  it('makes an account or changes the record, never both, over two processes', async () => {
    const { settings, storage } = opened()
    await keepEmployee(storage)
    const ended = anEmployee({ employeeId: ID, status: 'ended' })
    const nobody = { version: 1, claimedBy: null }
    const outcomes = await race(
      settings,
      Array.from({ length: 5 }, () => call('accounts', 'insert', officer(), [name], write(CLAIM))),
      [call('employees', 'replace', ended, nobody, { audit: [], raises: [], at: NOON })],
    )
    const made = values(outcomes).filter((value) => value === 'inserted').length
    const changed = values(outcomes).filter((value) => value === true).length
    expect(made + changed).toBe(1)
  })
}

/** The general change of an account. */
export function describeReplace(opened: FreshStore): void {
  it('puts all of the account into place, one version on, with everything that belongs to it', async () => {
    const { storage, second } = opened()
    await keepEmployee(storage)
    const before = await keepAccount(storage)
    const next: Account = {
      ...before,
      userType: 'judge',
      userTypeVersion: 3,
      status: 'disabled',
      email: { value: NEW.value, verifiedAt: at(1) },
      phone: { value: '+4915112345678', verifiedAt: null },
      userId: 'ann.1',
      employeeId: ID,
      fields: { fullName: 'Ann', aadhaar: { sealed: 'c2VhbGVk' } },
      passwordHash: null,
      passwordChangedAt: null,
      roles: ['clerk'],
      adminRole: 'auditor',
      lastSignInAt: at(2),
    }
    const change = aChange(before.id, {
      added: [NEW, { space: 'name', value: 'ann.1' }, { space: 'name', value: ID }],
      removed: [OLD],
      claim: CLAIM,
    })
    expect(await second.accounts.replace(next, change)).toBe('replaced')
    const after = { ...next, version: 2 }
    for (const identifier of change.added) {
      expect(await storage.accounts.findByIdentifier(identifier)).toEqual(after)
    }
    expect(await storage.accounts.findByIdentifier(OLD)).toBeNull()
    expect(await storage.employees.findClaim(ID)).toMatchObject({ accountId: before.id, claimedAt: NOON })
    expect(await written(storage, before.id)).toEqual(ONCE)
  })

  it('does nothing when the account is another by now, or is not there', async () => {
    const { storage, second } = opened()
    const account = await keepAccount(storage)
    await storage.accounts.recordSignIn(account.id, aSignIn())
    const change = aChange(account.id, { added: [NEW], removed: [OLD], claim: ELSEWHERE })
    expect(await second.accounts.replace({ ...account, status: 'disabled' }, change)).toBe('conflict')
    const unknown = anAccount()
    expect(await second.accounts.replace(unknown, aChange(unknown.id, { added: [NEW] }))).toBe('conflict')
    expect(await storage.accounts.find(account.id)).toMatchObject({ status: 'active', version: 2 })
    expect(await storage.accounts.findByIdentifier(OLD)).not.toBeNull()
    expect(await storage.accounts.findByIdentifier(NEW)).toBeNull()
    expect(await storage.employees.findClaim(ID)).toBeNull()
    expect(await written(storage, account.id)).toEqual(NONE)
  })

  it('does nothing when the employee id is claimed, or its record another', async () => {
    const { storage } = opened()
    await keepEmployee(storage)
    const account = await keepAccount(storage, { status: 'awaiting-approval', employeeId: ID })
    const approved: Account = { ...account, status: 'active' }
    const added: Identifier[] = [{ space: 'name', value: ID }]
    const approve = (claim: ClaimWrite) =>
      storage.accounts.replace(approved, aChange(account.id, { added, claim }))
    expect(await approve({ ...CLAIM, recordVersion: 2 })).toBe('not-claimable')
    await storage.accounts.insert(anAccount(), [], { audit: [], claim: CLAIM })
    expect(await approve(CLAIM)).toBe('not-claimable')
    expect(await storage.accounts.find(account.id)).toEqual(account)
    expect(await storage.accounts.findByIdentifier({ space: 'name', value: ID })).toBeNull()
    expect(await written(storage, account.id)).toEqual(NONE)
  })

  it('throws when an added identifier is taken, and nothing of the change stays', async () => {
    const { storage } = opened()
    await keepEmployee(storage)
    await keepAccount(storage, {}, [NEW])
    const account = await keepAccount(storage)
    const phone: Identifier = { space: 'phone', value: '+4915112345678' }
    const change = aChange(account.id, { added: [phone, NEW], removed: [OLD], claim: CLAIM })
    await expect(storage.accounts.replace({ ...account, roles: ['x'] }, change)).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    const named = { ...account, userId: ID }
    const asUserId = aChange(account.id, { added: [{ space: 'name', value: ID }] })
    await expect(storage.accounts.replace(named, asUserId)).rejects.toMatchObject({ code: 'duplicate_key' })
    expect(await storage.accounts.findByIdentifier(OLD)).toEqual(account)
    expect(await storage.accounts.findByIdentifier(phone)).toBeNull()
    expect(await storage.employees.findClaim(ID)).toBeNull()
    expect(await written(storage, account.id)).toEqual(NONE)
  })

  it('removes no identifier of somebody else, and moves one that is its own', async () => {
    const { storage } = opened()
    const other = await keepAccount(storage, {}, [NEW])
    const account = await keepAccount(storage)
    const change = aChange(account.id, { removed: [NEW, OLD], added: [OLD] })
    expect(await storage.accounts.replace(account, change)).toBe('replaced')
    expect((await storage.accounts.findByIdentifier(NEW))?.id).toBe(other.id)
    expect((await storage.accounts.findByIdentifier(OLD))?.id).toBe(account.id)
  })

  it('raises for tokens alone where that is asked for', async () => {
    const { storage } = opened()
    const account = await keepAccount(storage)
    const raises = [{ owner: { kind: 'account', id: account.id }, signIn: false }] as const
    expect(await storage.accounts.replace(account, aChange(account.id, { raises }))).toBe('replaced')
    expect(await written(storage, account.id)).toEqual({ ...ONCE, signIn: 0 })
  })

  it('lets one of many changes of one version win, over two processes', async () => {
    const { settings, storage } = opened()
    const account = await keepAccount(storage)
    const replace = () => call('accounts', 'replace', { ...account, roles: ['x'] }, aChange(account.id))
    const outcomes = await race(
      settings,
      Array.from({ length: 10 }, replace),
      Array.from({ length: 10 }, replace),
    )
    expect(countOf('replaced', outcomes)).toBe(1)
    expect(countOf('conflict', outcomes)).toBe(19)
    expect(await storage.accounts.find(account.id)).toEqual({ ...account, roles: ['x'], version: 2 })
    expect(await written(storage, account.id)).toEqual(ONCE)
  })

  it('lets one of two waiting accounts claim one employee id, over two processes', async () => {
    const { settings, storage } = opened()
    const waiting = [await keepAccount(storage, {}, []), await keepAccount(storage, {}, [])]
    const calls = waiting.map((account) =>
      call('accounts', 'replace', account, aChange(account.id, { claim: ELSEWHERE })),
    )
    const outcomes = await race(settings, calls.slice(0, 1), calls.slice(1))
    expect(countOf('replaced', outcomes)).toBe(1)
    expect(countOf('not-claimable', outcomes)).toBe(1)
  })
}

/** Invitations: an account that waits, and the link that it is found by once. */
export function describeInvited(opened: FreshStore): void {
  const aLink = (accountId: string): OneTimeLink => ({
    secretHash: bytes('invitation'),
    purpose: 'invitation',
    accountId,
    createdAt: NOON,
    expiresAt: at(3600),
  })
  const invited = () => anAccount({ status: 'invited', passwordHash: null, passwordChangedAt: null })

  it('inserts account and link in one step; the account is found by nothing yet', async () => {
    const { storage, second } = opened()
    const account = invited()
    const link = aLink(account.id)
    await storage.accounts.insertInvited(account, link, { audit: [anAuditEntry()], messages: [aMessage()] })
    expect(await second.accounts.find(account.id)).toEqual(account)
    expect(await second.accounts.findLink(link.secretHash, NOON)).toEqual(link)
    expect(await second.accounts.findByIdentifier(OLD)).toBeNull()
    expect(await written(storage, account.id)).toEqual({ ...NONE, records: 1, messages: 1 })
    const other = invited()
    await expect(
      storage.accounts.insertInvited(other, aLink(other.id), { audit: [anAuditEntry()] }),
    ).rejects.toMatchObject({ code: 'duplicate_key' })
    expect(await storage.accounts.find(other.id)).toBeNull()
    expect(await storage.audit.countUnsealed()).toBe(1)
  })

  it('uses up the link with the change that it opens', async () => {
    const { storage, second } = opened()
    const account = invited()
    const link = aLink(account.id)
    await storage.accounts.insertInvited(account, link, { audit: [] })
    const { secretHash, expiresAt } = link
    const accept = (now: Date) =>
      second.accounts.replace(
        { ...account, status: 'active' },
        aChange(account.id, { added: [OLD], link: { secretHash, now } }),
      )
    expect(await accept(expiresAt)).toBe('link-dead')
    expect(await storage.accounts.find(account.id)).toEqual(account)
    expect(await written(storage, account.id)).toEqual(NONE)
    expect(await accept(justBefore(expiresAt))).toBe('replaced')
    expect(await storage.accounts.findLink(secretHash, NOON)).toBeNull()
    expect((await storage.accounts.findByIdentifier(OLD))?.status).toBe('active')
  })

  it('takes no link that is unknown, used up, or of another account', async () => {
    const { storage } = opened()
    const [account, other] = [invited(), invited()]
    await storage.accounts.insertInvited(account, aLink(account.id), { audit: [] })
    await storage.accounts.insertInvited(
      other,
      { ...aLink(other.id), secretHash: bytes('other') },
      { audit: [] },
    )
    const accept = (secret: string, from = 1) =>
      storage.accounts.replace(
        { ...account, status: 'active' },
        aChange(account.id, { from, link: { secretHash: bytes(secret), now: NOON } }),
      )
    expect(await accept('unknown')).toBe('link-dead')
    expect(await accept('other')).toBe('link-dead')
    expect(await storage.accounts.findLink(bytes('other'), NOON)).not.toBeNull()
    expect(await accept('invitation')).toBe('replaced')
    expect(await accept('invitation', 2)).toBe('link-dead')
  })

  it('keeps the link when the change fails for another reason', async () => {
    const { storage } = opened()
    const account = invited()
    const link = aLink(account.id)
    await storage.accounts.insertInvited(account, link, { audit: [] })
    await keepAccount(storage)
    const change = aChange(account.id, { added: [OLD], link: { secretHash: link.secretHash, now: NOON } })
    await expect(storage.accounts.replace(account, change)).rejects.toMatchObject({ code: 'duplicate_key' })
    expect(await storage.accounts.replace(account, { ...change, from: 7, added: [] })).toBe('conflict')
    expect(await storage.accounts.findLink(link.secretHash, NOON)).toEqual(link)
  })

  it('accepts an invitation once, over two processes', async () => {
    const { settings, storage } = opened()
    const account = invited()
    const link = aLink(account.id)
    await storage.accounts.insertInvited(account, link, { audit: [] })
    const next: Account = { ...account, status: 'active' }
    const accept = () =>
      call(
        'accounts',
        'replace',
        next,
        aChange(account.id, { added: [OLD], link: { secretHash: link.secretHash, now: NOON } }),
      )
    const outcomes = await race(
      settings,
      Array.from({ length: 5 }, accept),
      Array.from({ length: 5 }, accept),
    )
    expect(countOf('replaced', outcomes)).toBe(1)
    expect(await written(storage, account.id)).toEqual(ONCE)
  })
}
