import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore } from '../../../tests/support/backend.ts'
import { call, race, values } from '../../../tests/support/race.ts'
import { anAuditEntry, anEnding, at, NOON } from '../../../tests/support/records.ts'
import type { GenerationOwner } from './revocation-store.ts'

const ANN: GenerationOwner = { kind: 'account', id: 'acc_ünï.$1' }
const SHOP: GenerationOwner = { kind: 'client', id: 'shop' }
const JUDGES: GenerationOwner = { kind: 'user-type', id: 'judge' }

export function describeRevocationStore(backend: Backend): void {
  describe(`${backend.name}: revocations`, () => {
    const opened = freshStore(backend)
    describeGenerations(opened)
    describeEndings(opened)
  })
}

function describeGenerations(opened: FreshStore): void {
  it('begins at nothing and answers in the order of the question', async () => {
    const { storage, second } = opened()
    await storage.revocations.raise(
      [
        { owner: ANN, signIn: true },
        { owner: JUDGES, signIn: false },
      ],
      [],
    )
    await second.revocations.raise([{ owner: ANN, signIn: false }], [])
    expect(await second.revocations.findGenerations([SHOP, JUDGES, ANN, ANN])).toEqual([
      { token: 0, signIn: 0 },
      { token: 1, signIn: 0 },
      { token: 2, signIn: 1 },
      { token: 2, signIn: 1 },
    ])
    expect(await second.revocations.findGenerations([])).toEqual([])
  })

  it('tells owners of one id apart by their kind', async () => {
    const { storage } = opened()
    await storage.revocations.raise([{ owner: { kind: 'client', id: 'same' }, signIn: true }], [])
    const owners = (['account', 'client', 'user-type'] as const).map((kind) => ({ kind, id: 'same' }))
    const found = await storage.revocations.findGenerations(owners)
    expect(found.map(({ token }) => token)).toEqual([0, 1, 0])
  })

  it('raises together with the record, or not at all', async () => {
    const { storage } = opened()
    const entry = anAuditEntry()
    await storage.revocations.raise([{ owner: ANN, signIn: true }], [entry])
    await expect(storage.revocations.raise([{ owner: ANN, signIn: true }], [entry])).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    expect(await storage.revocations.findGenerations([ANN])).toEqual([{ token: 1, signIn: 1 }])
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
  })

  it('loses none of many raises, over two processes', async () => {
    const { settings, storage } = opened()
    const raise = (signIn: boolean) =>
      call('revocations', 'raise', [{ owner: ANN, signIn }], [anAuditEntry()])
    const list = () => Array.from({ length: 20 }, (_, index) => raise(index % 2 === 0))
    values(await race(settings, list(), list()))
    expect(await storage.revocations.findGenerations([ANN])).toEqual([{ token: 40, signIn: 20 }])
    expect(await storage.audit.countUnsealed()).toBe(40)
  })

  it('keeps the first generation of the issuer and answers it to all, over two processes', async () => {
    const { settings, storage } = opened()
    const calls = Array.from({ length: 20 }, (_, index) =>
      call('revocations', 'keepIssuerGeneration', `g${index}`),
    )
    const answers = new Set(values(await race(settings, calls.slice(0, 10), calls.slice(10))))
    expect(answers.size).toBe(1)
    expect(answers).toContain(await storage.revocations.keepIssuerGeneration('later'))
  })
}

function describeEndings(opened: FreshStore): void {
  it('ends each thing once and says which ones this call ended', async () => {
    const { storage, second } = opened()
    const [token, grant, session] = [anEnding(), anEnding({ kind: 'grant' }), anEnding({ kind: 'session' })]
    const entry = anAuditEntry()
    expect(await storage.revocations.end([token, grant], [entry])).toEqual([true, true])
    expect(await second.revocations.end([token, session, grant, session], [])).toEqual([
      false,
      true,
      false,
      false,
    ])
    for (const { kind, id } of [token, grant, session]) {
      expect(await second.revocations.isEnded(kind, id)).toBe(true)
    }
    expect(await second.revocations.isEnded('grant', token.id)).toBe(false)
    expect(await second.revocations.isEnded('token', 'unknown')).toBe(false)
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
  })

  it('writes no record where nothing ended', async () => {
    const { storage } = opened()
    const ending = anEnding()
    await storage.revocations.end([ending], [])
    await storage.revocations.end([ending], [anAuditEntry()])
    await storage.revocations.end([], [anAuditEntry()])
    expect(await storage.audit.countUnsealed()).toBe(0)
  })

  it('keeps what has ended until nothing of it can be valid, then tidies it away, some at a time', async () => {
    const { storage } = opened()
    const endings = Array.from({ length: 3 }, () => anEnding({ until: at(10) }))
    const kept = anEnding({ until: at(11) })
    await storage.revocations.end([...endings, kept], [])
    expect(await storage.revocations.tidy(at(9), 10)).toBe(0)
    expect(await storage.revocations.tidy(at(10), 2)).toBe(2)
    expect(await storage.revocations.tidy(at(10), 2)).toBe(1)
    expect(await storage.revocations.isEnded(kept.kind, kept.id)).toBe(true)
    for (const { kind, id } of endings) expect(await storage.revocations.isEnded(kind, id)).toBe(false)
  })

  it('keeps what is ended twice for the longer of the two times', async () => {
    const { storage } = opened()
    const [short, long] = [anEnding({ until: at(10) }), anEnding({ until: at(20) })]
    await storage.revocations.end([short, long], [])
    await storage.revocations.end(
      [
        { ...short, until: at(20) },
        { ...long, until: at(10) },
      ],
      [],
    )
    expect(await storage.revocations.tidy(at(19), 10)).toBe(0)
    expect(await storage.revocations.tidy(at(20), 10)).toBe(2)
  })

  it('lets exactly one of many end a thing, with one record, over two processes', async () => {
    const { settings, storage } = opened()
    const ending = anEnding({ at: NOON })
    const end = () => call('revocations', 'end', [ending], [anAuditEntry()])
    const outcomes = values(
      await race(settings, Array.from({ length: 20 }, end), Array.from({ length: 20 }, end)),
    ) as boolean[][]
    expect(outcomes.flat().filter(Boolean)).toHaveLength(1)
    expect(await storage.audit.countUnsealed()).toBe(1)
  })
}
