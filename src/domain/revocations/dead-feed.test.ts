import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { anAuditEntry, anEnding, NOON } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { addSeconds } from '../../lib/clock.ts'
import { systemRandom } from '../../lib/ids.ts'
import { systemOrigin } from '../audit/index.ts'
import { createDeadFeed, createHandles, createRevocations, type GenerationOwner } from './index.ts'

const API = 'https://orders.example/api'
const ANN: GenerationOwner = { kind: 'account', id: 'acc_ann' }
const SHOP: GenerationOwner = { kind: 'client', id: 'shop' }

const clock = movingClock(NOON)
const { storage, openAgain } = temporaryStorage(clock)

function handlesOf(issuerGeneration = 'g1') {
  return createHandles({ key: new Uint8Array(32), issuerGeneration })
}

function aFeed(mostLines = 100, issuerGeneration?: string) {
  return createDeadFeed({
    store: storage().revocations,
    handles: handlesOf(issuerGeneration),
    owners: [SHOP],
    audit: { entry: async () => anAuditEntry() },
    origin: () => systemOrigin('test', null, systemRandom),
    clock,
    mostLines,
  })
}

/** What a token of Ann's at the shop carries now. */
function tokenHandles(jti = 'tok_1', audience = API) {
  const revocations = createRevocations({ store: storage().revocations, handles: handlesOf() })
  return revocations.handlesFor({
    audience,
    jti,
    clientId: SHOP.id,
    person: { accountId: ANN.id, userType: 'judge', grantId: 'gra_1', sessionUid: 'ses_1' },
  })
}

const raise = (owner: GenerationOwner) =>
  storage().revocations.raise([{ owner, signIn: false }], clock.now(), [])

describe('the list of what has died', () => {
  it.each([
    ['its account', () => raise(ANN)],
    ['its client', () => raise(SHOP)],
    ['its user type', () => raise({ kind: 'user-type', id: 'judge' })],
    ...(
      [
        ['token', 'tok_1'],
        ['grant', 'gra_1'],
        ['session', 'ses_1'],
      ] as const
    ).map(
      ([kind, id]) =>
        [
          `its ${kind}`,
          () => storage().revocations.end([anEnding({ kind, id, at: clock.now() })], []),
        ] as const,
    ),
  ] as const)('names a handle of a token when %s died, and none of the next token', async (_, kill) => {
    const before = await tokenHandles()
    await kill()
    const feed = aFeed()
    await feed.follow()
    const { dead, issuer } = feed.since(API, null)
    expect(dead).toHaveLength(1)
    expect(before).toContain(dead[0]?.handle)
    expect(before).toContain(issuer)
    expect(dead[0]?.until.getTime()).toBeGreaterThanOrEqual(addSeconds(clock.now(), 900).getTime())
  })

  it('goes on from a cursor with what died since, whichever process wrote it', async () => {
    const feed = aFeed()
    await raise(ANN)
    const first = await feed.follow()
    const second = await openAgain()
    await second.revocations.raise([{ owner: SHOP, signIn: true }], clock.now(), [])
    const cursor = await feed.follow()
    expect(feed.since(API, first)).toMatchObject({ cursor, since: first })
    expect(feed.since(API, first).dead).toHaveLength(1)
    expect(feed.since(API, cursor)).toMatchObject({ cursor, since: cursor, dead: [] })
    expect(feed.since(API, null).dead).toHaveLength(2)
  })

  it.each(['', '0', '99999~x', 'x', '-1', '1e3', '1~2~3', 'ü'])(
    'answers a cursor it never gave (%j) with all there is',
    async (cursor) => {
      const feed = aFeed()
      await raise(ANN)
      await feed.follow()
      expect(feed.since(API, cursor)).toMatchObject({ since: null, dead: [{}] })
    },
  )

  it('does not take a cursor of the time before a restore, nor one of the future', async () => {
    await raise(ANN)
    const cursor = await aFeed(100, 'g0').follow()
    const feed = aFeed()
    const own = await feed.follow()
    expect(own).not.toBe(cursor)
    expect(feed.since(API, cursor).since).toBeNull()
    expect(feed.since(API, own.replace(/^\d+/, '7')).since).toBeNull()
  })

  it('says nothing of one audience to another', async () => {
    await raise(ANN)
    const feed = aFeed()
    await feed.follow()
    const [here, there] = [feed.since(API, null), feed.since('https://other.example', null)]
    expect(here.dead[0]?.handle).not.toBe(there.dead[0]?.handle)
    expect(here.issuer).not.toBe(there.issuer)
  })

  it('forgets what no token can be alive of any more', async () => {
    await raise(ANN)
    const feed = aFeed()
    await feed.follow()
    clock.advance(959)
    await raise(SHOP)
    await feed.follow()
    expect(feed.since(API, null).dead).toHaveLength(2)
    clock.advance(1)
    await feed.follow()
    expect(feed.since(API, null).dead).toHaveLength(1)
  })

  it('stays bounded: beyond its most lines all issued tokens die in one step, and new ones live', async () => {
    const feed = aFeed(20)
    const before = await tokenHandles()
    for (let n = 0; n < 20; n++) await raise({ kind: 'account', id: `acc_${n}` })
    const last = await feed.follow()
    expect(feed.since(API, null).dead).toHaveLength(20)
    await raise({ kind: 'account', id: 'acc_20' })
    await feed.follow()
    const { dead, since } = feed.since(API, last)
    expect(since).toBeNull()
    expect(dead.map(({ handle }) => handle).filter((handle) => before.includes(handle))).toHaveLength(1)
    const after = await tokenHandles('tok_2')
    expect(dead.filter(({ handle }) => after.includes(handle))).toEqual([])
    // Another node, that reads the same log from its beginning, comes to the same.
    const other = aFeed(20)
    await other.follow()
    expect(other.since(API, null)).toEqual(feed.since(API, null))
    expect(await storage().audit.countUnsealed()).toBe(1)
  })

  it('reads a long log in pieces and loses nothing of it', async () => {
    const raises = Array.from({ length: 12_000 }, (_, n) => ({
      owner: { kind: 'account', id: `acc_${n}` } as const,
      signIn: false,
    }))
    await storage().revocations.raise(raises, clock.now(), [])
    const feed = aFeed(20_000)
    await Promise.all([feed.follow(), feed.follow(), feed.follow()])
    expect(new Set(feed.since(API, null).dead.map(({ handle }) => handle)).size).toBe(12_000)
  })
})
