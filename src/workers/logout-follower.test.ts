import { afterEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../../tests/support/eventually.ts'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { anEnding } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import type { DeadRoot } from '../oidc/index.ts'
import { startLogoutFollower } from './logout-follower.ts'
import type { Worker } from './run-every.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
let workers: Worker[] = []
let followed: DeadRoot[] = []
let errors: object[] = []

// Registered before the store is, so it runs before the store is closed.
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  workers = []
  followed = []
  errors = []
})
const { storage } = temporaryStorage(clock)

type FollowUp = (root: DeadRoot, diedAt: Date) => Promise<boolean>

function start(
  holder = 'one',
  followUp: FollowUp = async (root) => {
    followed.push(root)
    return false
  },
): Worker {
  const worker = startLogoutFollower({
    revocations: storage().revocations,
    store: storage().logoutNotices,
    notices: { followUp },
    onQueued: () => {},
    leases: storage().leases,
    holder,
    clock,
    log: { error: (fields) => void errors.push(Object(fields)) },
  })
  workers.push(worker)
  return worker
}

const raise = (kind: 'account' | 'client' | 'user-type', id: string, signIn: boolean) =>
  storage().revocations.raise([{ owner: { kind, id }, signIn }], clock.now(), [])

async function untilAllIsFollowed(): Promise<void> {
  const newest = await storage().revocations.newestDead()
  await eventually('all is followed up', async () => (await storage().logoutNotices.followedTo()) === newest)
}

describe('the logout follower', () => {
  it('follows up what ends sessions and grants, in order, and nothing else', async () => {
    await raise('account', 'acc_1', true)
    await raise('account', 'acc_2', false)
    await raise('user-type', 'judge', false)
    await raise('client', 'shop', true)
    await storage().revocations.end([anEnding(), anEnding({ kind: 'session', id: 'ses_1' })], [])
    await storage().revocations.end([anEnding({ kind: 'grant', id: 'gra_1' })], [])
    start()
    await untilAllIsFollowed()
    expect(followed).toEqual([
      { kind: 'account', id: 'acc_1' },
      { kind: 'client', id: 'shop' },
      { kind: 'session', id: 'ses_1' },
      { kind: 'grant', id: 'gra_1' },
    ])
  })

  it('goes on with one as long as there is more, and with more than it reads at once', async () => {
    for (let index = 0; index < 250; index += 1) await raise('account', `acc_${index}`, true)
    let left = 3
    start('one', async (root) => {
      followed.push(root)
      return root.id === 'acc_0' && --left > 0
    })
    await untilAllIsFollowed()
    expect(followed).toHaveLength(252)
    expect(followed.slice(0, 4).map(({ id }) => id)).toEqual(['acc_0', 'acc_0', 'acc_0', 'acc_1'])
  })

  it('begins again where the work was not done, in another process too', async () => {
    await raise('account', 'acc_1', true)
    const first = start('one', () => Promise.reject(new Error('full')))
    await eventually('it failed', () => errors.length > 0)
    await first.stop()
    expect(errors[0]).toMatchObject({ worker: 'logout-follower', err: new Error('full') })
    start('other')
    await untilAllIsFollowed()
    expect(followed).toEqual([{ kind: 'account', id: 'acc_1' }])
  })

  it('does not do again what was done before it started', async () => {
    await raise('account', 'acc_1', true)
    const first = start()
    await untilAllIsFollowed()
    await first.stop()
    await raise('account', 'acc_2', true)
    start('other')
    await untilAllIsFollowed()
    expect(followed.map(({ id }) => id)).toEqual(['acc_1', 'acc_2'])
  })
})
