import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { systemRandom as random } from '../../lib/ids.ts'
import type { ChainHead, SealedEntry } from './audit-store.ts'
import { hashOf } from './chain.ts'
import {
  type AuditKeys,
  createAudit,
  formatHead,
  parseHead,
  sealRecords,
  type VerifyParts,
  type VerifyReport,
  verifyRecords,
} from './index.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
const keys: AuditKeys = [{ key: Buffer.alloc(32, 7) }]
const { storage, openAgain } = temporaryStorage(clock)

async function record(count: number): Promise<void> {
  const audit = createAudit({ store: storage().audit, keys, clock, random })
  for (let one = 0; one < count; one += 1) {
    await audit.record({
      api: 'sign-in',
      step: 'finish',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      actor: { kind: 'account', id: 'acc_1' },
      clientId: null,
      ip: '203.0.113.24',
      userAgent: null,
      event: 'sign-in.completed',
      outcome: 'success',
      details: { one },
    })
  }
}

function seal(limit = 100) {
  return sealRecords({ store: storage().audit, keys, clock, limit })
}

function verify(store: VerifyParts['store'] = storage().audit, kept: VerifyParts['kept'] = null) {
  return verifyRecords({ store, keys, kept })
}

/** The same chain as somebody left it who may write to the database but does not have the key. */
async function tamper(
  changeRecords: (records: SealedEntry[]) => readonly (SealedEntry | undefined)[],
  changeHead: (head: ChainHead) => ChainHead | null = (head) => head,
): Promise<VerifyParts['store']> {
  const records = changeRecords(await storage().audit.listSealed(0, 1000))
    .filter((one) => one !== undefined)
    .sort((a, b) => a.sequence - b.sequence)
  const head = await storage().audit.head()
  return {
    head: async () => head && changeHead(head),
    listSealed: async (after, limit) => records.filter((one) => one.sequence > after).slice(0, limit),
    countUnsealed: async () => 0,
  }
}

function kindsOf(report: VerifyReport): string[] {
  expect(report.ok).toBe(report.problemCount === 0)
  return report.problems.map((problem) => problem.kind)
}

/** Computes every hash anew, as anybody can. */
function rechained(records: readonly SealedEntry[]): SealedEntry[] {
  let hash: Uint8Array = Buffer.alloc(32)
  return records.map((one, index) => {
    hash = hashOf(hash, index + 1, one)
    return { ...one, sequence: index + 1, hash }
  })
}

describe('sealing', () => {
  it('gives records their places in the order in which they were written', async () => {
    await record(5)
    const written = (await storage().audit.listUnsealed(10)).map(({ id }) => id)
    expect(await seal(3)).toMatchObject({ sealed: 3, head: { sequence: 3 } })
    expect(await seal(3)).toMatchObject({ sealed: 2, head: { sequence: 5 } })
    expect(await seal(3)).toMatchObject({ sealed: 0, head: { sequence: 5 } })
    expect((await storage().audit.listSealed(0, 10)).map(({ id }) => id)).toEqual(written)
    expect(await verify()).toMatchObject({ ok: true, records: 5, unsealed: 0, head: { sequence: 5 } })
  })

  it('makes one chain when several do it at once', async () => {
    await record(20)
    const second = await openAgain()
    const stores = [storage().audit, second.audit]
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(stores.map((store) => sealRecords({ store, keys, clock, limit: 3 })))
    }
    expect(await verify()).toMatchObject({ ok: true, records: 20, unsealed: 0 })
  })

  it('does not go on from a head that is not genuine or gone', async () => {
    await record(3)
    await seal()
    await record(1)
    const store = storage().audit
    const head = await store.head()
    if (!head) throw new Error('there is no head')
    const forged = { ...store, head: async () => ({ ...head, sequence: 2 }) }
    const gone = { ...store, head: async () => null }
    await expect(sealRecords({ store: forged, keys, clock, limit: 9 })).rejects.toThrow('not genuine')
    await expect(sealRecords({ store: gone, keys, clock, limit: 9 })).rejects.toThrow('not genuine')
    expect(await store.countUnsealed()).toBe(1)
  })

  it('goes on when the key was rotated', async () => {
    await record(2)
    await seal()
    await record(2)
    const rotated: AuditKeys = [{ key: Buffer.alloc(32, 8) }, ...keys]
    await sealRecords({ store: storage().audit, keys: rotated, clock, limit: 9 })
    expect(await verifyRecords({ store: storage().audit, keys: rotated, kept: null })).toMatchObject({
      ok: true,
    })
    expect(kindsOf(await verify())).toEqual(['head-forged'])
  })
})

describe('verification', () => {
  beforeEach(async () => {
    await record(9)
    await seal()
  })

  it('finds nothing wrong with a chain that nobody touched, also over several pages', async () => {
    await record(600)
    while ((await seal(200)).sealed > 0) clock.advance(1)
    await record(2)
    expect(await verify()).toMatchObject({ ok: true, records: 609, unsealed: 2, problems: [] })
  })

  it('finds nothing wrong with no records at all', async () => {
    const empty = { head: async () => null, listSealed: async () => [], countUnsealed: async () => 0 }
    expect(await verify(empty)).toMatchObject({ ok: true, records: 0, head: null })
  })

  it('survives the erasure of a person', async () => {
    await storage().audit.destroyPersonKey('acc_1')
    expect(await verify()).toMatchObject({ ok: true, records: 9 })
  })

  const changes: Partial<SealedEntry>[] = [
    { body: '{}' },
    { at: new Date(0) },
    { at: new Date(Number.NaN) },
    { event: 'sign-in.refused' },
    { outcome: 'failure' },
    { subjectId: 'acc_2' },
    { clientId: '' },
    { traceId: 'x' },
    { id: 'aud_x' },
    { personal: null },
    { personal: Buffer.from('x') },
    { personKeyId: null },
    { hash: Buffer.alloc(32) },
  ]
  it.each(changes)('shows a changed record: %j', async (change) => {
    const store = await tamper((all) => all.map((one) => (one.sequence === 4 ? { ...one, ...change } : one)))
    const report = await verify(store)
    expect(report.problems[0]).toMatchObject({ kind: 'not-what-was-sealed', sequence: 4 })
  })

  it('names a changed record once, not all that follow it', async () => {
    const store = await tamper((all) => all.map((one) => (one.sequence === 4 ? { ...one, body: '{}' } : one)))
    expect(kindsOf(await verify(store))).toEqual(['not-what-was-sealed'])
  })

  it('shows records that were taken out', async () => {
    const store = await tamper((all) => all.filter((one) => one.sequence !== 4 && one.sequence !== 5))
    expect((await verify(store)).problems).toEqual([{ kind: 'missing', from: 4, to: 5 }])
    const first = await tamper((all) => all.filter((one) => one.sequence !== 1))
    expect((await verify(first)).problems).toEqual([{ kind: 'missing', from: 1, to: 1 }])
  })

  it('shows records that were taken out, the gap closed', async () => {
    const closed = (all: SealedEntry[]) =>
      all.filter((one) => one.sequence !== 4).map((one, index) => ({ ...one, sequence: index + 1 }))
    expect(kindsOf(await verify(await tamper(closed)))).toContain('not-what-was-sealed')
  })

  it('shows records that changed places', async () => {
    const swap = (all: SealedEntry[]) =>
      all.map((one) => {
        if (one.sequence === 4) return { ...one, sequence: 7 }
        return one.sequence === 7 ? { ...one, sequence: 4 } : one
      })
    expect((await verify(await tamper(swap))).problems).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'not-what-was-sealed', sequence: 4 }),
        expect.objectContaining({ kind: 'not-what-was-sealed', sequence: 7 }),
      ]),
    )
  })

  it('shows a record that was put in', async () => {
    const twice = await tamper((all) => [...all, all[3] && { ...all[3], id: 'aud_x' }])
    expect(kindsOf(await verify(twice))).toContain('not-what-was-sealed')
    const atTheEnd = await tamper((all) => {
      const last = all.at(-1)
      return [...all, last && { ...last, sequence: 10, hash: hashOf(last.hash, 10, last) }]
    })
    expect((await verify(atTheEnd)).problems).toEqual([{ kind: 'after-head', from: 10, to: 10 }])
  })

  it('shows an end that was cut off', async () => {
    const store = await tamper((all) => all.slice(0, 6))
    expect((await verify(store)).problems).toEqual([{ kind: 'cut-off', from: 7, to: 9 }])
    const everything = await tamper(() => [])
    expect((await verify(everything)).problems).toEqual([{ kind: 'cut-off', from: 1, to: 9 }])
  })

  it('shows a chain that was computed anew without the key', async () => {
    const changed = (all: SealedEntry[]) =>
      rechained(all.map((one) => (one.sequence === 4 ? { ...one, body: '{}' } : one)))
    expect(kindsOf(await verify(await tamper(changed)))).toEqual(['head-of-another-chain'])
    const cut = (all: SealedEntry[]) => all.slice(0, 6)
    const forged = await tamper(cut, (head) => ({ ...head, sequence: 6 }))
    expect(kindsOf(await verify(forged))).toContain('head-forged')
    expect(kindsOf(await verify(await tamper(cut, () => null)))).toEqual(['head-missing'])
  })

  it('shows a head with another time', async () => {
    const store = await tamper(
      (all) => all,
      (head) => ({ ...head, sealedAt: new Date(0) }),
    )
    expect(kindsOf(await verify(store))).toEqual(['head-forged'])
  })

  it('counts every problem and lists the first hundred', async () => {
    await record(120)
    await seal(200)
    const store = await tamper((all) => all.map((one) => ({ ...one, body: '{}' })))
    const report = await verify(store)
    expect(report.problemCount).toBe(129)
    expect(report.problems).toHaveLength(100)
  })
})

describe('a head that was kept elsewhere', () => {
  it('is found again in the chain that it came from, however long that has grown', async () => {
    await record(4)
    const { head } = await seal()
    await record(4)
    await seal()
    const kept = head && parseHead(formatHead(head))
    expect(kept).toMatchObject({ sequence: 4 })
    expect(await verify(storage().audit, kept)).toMatchObject({ ok: true })
  })

  it('shows that the whole database was put back to an older state', async () => {
    await record(4)
    await seal()
    const older = await tamper((all) => all)
    await record(1)
    const { head } = await seal()
    expect(await verify(older)).toMatchObject({ ok: true })
    expect((await verify(older, head)).problems).toEqual([{ kind: 'kept-head-not-in-chain', sequence: 5 }])
    const another = { sequence: 5, hash: Buffer.alloc(32) }
    expect(kindsOf(await verify(storage().audit, another))).toEqual(['kept-head-not-in-chain'])
  })

  it.each(['', '5', '5:', `0:${'a'.repeat(64)}`, `5:${'a'.repeat(63)}`, `x:${'a'.repeat(64)}`])(
    'is not read from %j',
    (text) => {
      expect(parseHead(text)).toBeNull()
    },
  )
})
