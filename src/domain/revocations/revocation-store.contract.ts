import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { type Backend, type FreshStore, freshStore } from '../../../tests/support/backend.ts'
import { call, race, values } from '../../../tests/support/race.ts'
import { anAuditEntry, anEnding, at, NOON } from '../../../tests/support/records.ts'
import type { Dead, GenerationOwner } from './revocation-store.ts'

const ANN: GenerationOwner = { kind: 'account', id: 'acc_ünï.$1' }
const SHOP: GenerationOwner = { kind: 'client', id: 'shop' }
const JUDGES: GenerationOwner = { kind: 'user-type', id: 'judge' }

export function describeRevocationStore(backend: Backend): void {
  describe(`${backend.name}: revocations`, () => {
    const opened = freshStore(backend)
    describeGenerations(opened)
    describeEndings(opened)
    describeDead(opened)
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
      NOON,
      [],
    )
    await second.revocations.raise([{ owner: ANN, signIn: false }], NOON, [])
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
    await storage.revocations.raise([{ owner: { kind: 'client', id: 'same' }, signIn: true }], NOON, [])
    const owners = (['account', 'client', 'user-type'] as const).map((kind) => ({ kind, id: 'same' }))
    const found = await storage.revocations.findGenerations(owners)
    expect(found.map(({ token }) => token)).toEqual([0, 1, 0])
  })

  it('raises together with the record, or not at all', async () => {
    const { storage } = opened()
    const entry = anAuditEntry()
    await storage.revocations.raise([{ owner: ANN, signIn: true }], NOON, [entry])
    await expect(
      storage.revocations.raise([{ owner: ANN, signIn: true }], NOON, [entry]),
    ).rejects.toMatchObject({
      code: 'duplicate_key',
    })
    expect(await storage.revocations.findGenerations([ANN])).toEqual([{ token: 1, signIn: 1 }])
    expect(await storage.audit.listUnsealed(10)).toEqual([entry])
  })

  it('loses none of many raises, over two processes', async () => {
    const { settings, storage } = opened()
    const raise = (signIn: boolean) =>
      call('revocations', 'raise', [{ owner: ANN, signIn }], NOON, [anAuditEntry()])
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

function describeDead(opened: FreshStore): void {
  const lineOf = ({ cursor: _cursor, ...line }: Dead) => line

  it('logs what died in the step in which it died, in order', async () => {
    const { storage, second } = opened()
    expect(await storage.revocations.newestDead()).toBe(0)
    const grant = anEnding({ kind: 'grant', at: at(2) })
    await storage.revocations.raise([{ owner: ANN, signIn: false }], at(0), [])
    await storage.revocations.raise(
      [
        { owner: ANN, signIn: true },
        { owner: JUDGES, signIn: false },
      ],
      at(1),
      [],
    )
    await second.revocations.end([grant], [])
    const dead = await second.revocations.listDead(0, 10)
    expect(dead.map(lineOf)).toEqual([
      { kind: 'account', id: ANN.id, tokenGeneration: 0, signInGeneration: null, at: at(0) },
      { kind: 'account', id: ANN.id, tokenGeneration: 1, signInGeneration: 0, at: at(1) },
      { kind: 'user-type', id: JUDGES.id, tokenGeneration: 0, signInGeneration: null, at: at(1) },
      { kind: 'grant', id: grant.id, tokenGeneration: null, signInGeneration: null, at: at(2) },
    ])
    expect(await storage.revocations.newestDead()).toBe(dead.at(-1)?.cursor)
    expect(await storage.revocations.listDead(dead[1]?.cursor ?? 0, 1)).toEqual([dead[2]])
    expect(await storage.revocations.listDead(dead[3]?.cursor ?? 0, 10)).toEqual([])
  })

  it('logs what was in force of each of many owners that one write raises', async () => {
    const { storage, second } = opened()
    const owners = Array.from({ length: 300 }, (_, place) => ({
      kind: 'account' as const,
      id: `acc_${place}`,
    }))
    const raisedBefore = owners.filter((_, place) => place % 3 === 0)
    const raises = (some: readonly GenerationOwner[]) => some.map((owner) => ({ owner, signIn: true }))
    await storage.revocations.raise(raises(raisedBefore), at(0), [])
    const before = await storage.revocations.newestDead()
    await second.revocations.raise(raises(owners), at(1), [])
    const dead = await storage.revocations.listDead(before, 1000)
    expect(
      dead.map(({ id, tokenGeneration, signInGeneration }) => [id, tokenGeneration, signInGeneration]),
    ).toEqual(owners.map(({ id }, place) => (place % 3 === 0 ? [id, 1, 1] : [id, 0, 0])))
    const found = await storage.revocations.findGenerations(owners)
    expect(found.map(({ token }) => token)).toEqual(owners.map((_, place) => (place % 3 === 0 ? 2 : 1)))
  })

  it('raises an owner twice that one write names twice, and what was in force is dead', async () => {
    const { storage } = opened()
    await storage.revocations.raise([{ owner: ANN, signIn: false }], at(0), [])
    const before = await storage.revocations.newestDead()
    const twice = [true, false].map((signIn) => ({ owner: ANN, signIn }))
    await storage.revocations.raise(twice, at(1), [])
    expect(await storage.revocations.findGenerations([ANN])).toEqual([{ token: 3, signIn: 1 }])
    const [first] = await storage.revocations.listDead(before, 10)
    expect(first).toMatchObject({ id: ANN.id, tokenGeneration: 1, signInGeneration: 0 })
  })

  it('logs nothing where nothing died', async () => {
    const { storage } = opened()
    const [ending, entry] = [anEnding(), anAuditEntry()]
    await storage.revocations.end([ending], [entry])
    const newest = await storage.revocations.newestDead()
    await storage.revocations.end([ending], [])
    await expect(storage.revocations.raise([{ owner: ANN, signIn: true }], NOON, [entry])).rejects.toThrow()
    expect(await storage.revocations.listDead(newest, 10)).toEqual([])
  })

  it('tidies the log some at a time and never gives a cursor again', async () => {
    const { storage, second } = opened()
    for (const seconds of [1, 2, 3]) {
      await storage.revocations.raise([{ owner: ANN, signIn: false }], at(seconds), [])
    }
    const newest = await storage.revocations.newestDead()
    expect(await second.revocations.tidyDead(at(2), 1)).toBe(1)
    expect(await second.revocations.tidyDead(at(2), 10)).toBe(1)
    expect((await storage.revocations.listDead(0, 10)).map(({ cursor }) => cursor)).toEqual([newest])
    expect(await second.revocations.tidyDead(at(3), 10)).toBe(1)
    expect(await storage.revocations.newestDead()).toBe(newest)
    await storage.revocations.raise([{ owner: ANN, signIn: false }], at(4), [])
    expect(await second.revocations.newestDead()).toBeGreaterThan(newest)
  })

  it('kills all that was issued once for a marker, with its record, over two processes', async () => {
    const { settings, storage } = opened()
    await storage.revocations.raise([{ owner: ANN, signIn: false }], at(0), [])
    const raiseAll = () => call('revocations', 'raiseAll', [SHOP, JUDGES], 0, at(1), [anAuditEntry()])
    const outcomes = values(
      await race(settings, Array.from({ length: 5 }, raiseAll), Array.from({ length: 5 }, raiseAll)),
    )
    expect(outcomes.filter(Boolean)).toHaveLength(1)
    const dead = await storage.revocations.listDead(0, 10)
    expect(dead.map(({ kind }) => kind)).toEqual(['account', 'everything', 'client', 'user-type'])
    expect(await storage.revocations.findGenerations([SHOP, JUDGES])).toEqual([
      { token: 1, signIn: 0 },
      { token: 1, signIn: 0 },
    ])
    expect(await storage.audit.countUnsealed()).toBe(1)
    expect(await storage.revocations.raiseAll([SHOP], dead[1]?.cursor ?? 0, at(2), [])).toBe(true)
  })

  it('shows a reader every line, in order, while two processes write', async () => {
    const { settings, storage } = opened()
    const raise = () => call('revocations', 'raise', [{ owner: ANN, signIn: false }], NOON, [])
    const seen: Dead[] = []
    let writing = true
    const writes = race(settings, Array.from({ length: 30 }, raise), Array.from({ length: 30 }, raise)).then(
      (answers) => {
        writing = false
        return values(answers)
      },
    )
    while (writing) {
      seen.push(...(await storage.revocations.listDead(seen.at(-1)?.cursor ?? 0, 7)))
      await setImmediate()
    }
    await writes
    seen.push(...(await storage.revocations.listDead(seen.at(-1)?.cursor ?? 0, 100)))
    expect(seen.map(({ tokenGeneration }) => tokenGeneration)).toEqual(
      Array.from({ length: 60 }, (_, n) => n),
    )
  })
}
