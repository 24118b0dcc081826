import type {
  CountedTry,
  LimitStore,
  PausePolicy,
  ReserveTryResult,
  Take,
} from '../../domain/limits/index.ts'
import { addSeconds } from '../../lib/clock.ts'
import type { Budgets } from './budgets.ts'
import type { Companions } from './companions.ts'
import type { Database } from './database.ts'

interface Failures {
  readonly times: string
  readonly pausesUntil: number
}

/** So many doublings of any pause are longer than any longest pause: older failures need not be remembered. */
const DOUBLINGS = 32

export function createLimitStore(
  database: Database,
  budgets: Budgets,
  companions: Pick<Companions, 'appendAudit'>,
): LimitStore {
  const findSpent = database.prepare<{ spent: number }>(
    'SELECT spent FROM budget WHERE key = :key AND resets_at > :now',
  )
  const findFailures = database.prepare<Failures>(
    'SELECT times, pauses_until AS pausesUntil FROM failure WHERE key = :key',
  )
  const keepFailures = database.prepare(
    `INSERT INTO failure (key, times, pauses_until, forgotten_at)
     VALUES (:key, :times, :pausesUntil, :forgottenAt)
     ON CONFLICT (key) DO UPDATE SET
       times = :times, pauses_until = :pausesUntil, forgotten_at = :forgottenAt`,
  )
  // A try is reserved only when no pause runs, so any pause there is began with it.
  const takeOut = database.prepare('UPDATE failure SET times = :times, pauses_until = 0 WHERE key = :key')
  const clear = database.prepare('DELETE FROM failure WHERE key = :key')
  // A range of the primary key: `/` is the character after the dot.
  const clearBelow = database.prepare(
    `DELETE FROM failure WHERE key = :key OR (key > :key || '.' AND key < :key || '/')`,
  )
  const tidyBudgets = database.prepare(
    `DELETE FROM budget WHERE rowid IN (SELECT rowid FROM budget WHERE resets_at <= :now LIMIT :limit)`,
  )
  const tidyFailures = database.prepare(
    `DELETE FROM failure WHERE rowid IN (SELECT rowid FROM failure WHERE forgotten_at <= :now LIMIT :limit)`,
  )

  function findPause(key: string, now: Date): Date | null {
    const until = findFailures.get({ key })?.pausesUntil ?? 0
    return until > now.getTime() ? new Date(until) : null
  }

  function count({ key, policy }: CountedTry, now: Date): void {
    const remembered: number[] = JSON.parse(findFailures.get({ key })?.times ?? '[]')
    const since = addSeconds(now, -rememberedSeconds(policy)).getTime()
    const times = [...remembered.filter((at) => at > since), now.getTime()].slice(-mostRemembered(policy))
    const pause = pauseMs(times, policy, now)
    // 0, not now: a node whose clock is a little behind must see no pause either.
    const pausesUntil = pause > 0 ? now.getTime() + pause : 0
    const forgottenAt = Math.max(pausesUntil, addSeconds(now, rememberedSeconds(policy)).getTime())
    keepFailures.run({ key, times: JSON.stringify(times), pausesUntil, forgottenAt })
  }

  function release(key: string): void {
    const failures = findFailures.get({ key })
    if (failures === null) return
    const times: number[] = JSON.parse(failures.times)
    takeOut.run({ key, times: JSON.stringify(times.slice(0, -1)) })
  }

  function reserveTry(tries: readonly CountedTry[], takes: readonly Take[], now: Date): ReserveTryResult {
    const pauses = tries.flatMap(({ key }) => findPause(key, now) ?? [])
    const longest = pauses.sort((a, b) => b.getTime() - a.getTime())[0]
    if (longest !== undefined) return { ok: false, until: longest }
    const taken = budgets.takeAll(takes, now)
    if (!taken.ok) return { ok: false, until: taken.retryAt }
    for (const one of tries) count(one, now)
    return { ok: true }
  }

  return {
    take: (takes, now) => database.write(() => budgets.takeAll(takes, now)),
    spent: (key, now) => database.read(() => findSpent.get({ key, now })?.spent ?? 0),
    findRetry: (take, now) => database.read(() => budgets.findRetry(take, now)),
    reserveTry: (tries, takes, now) => database.write(() => reserveTry(tries, takes, now)),
    settleTry: ({ cleared, released, givenBack }, now) =>
      database.write(() => {
        for (const key of cleared) clear.run({ key })
        for (const key of released) release(key)
        budgets.giveBack(givenBack, now)
      }),
    forgive: (keys, audit) =>
      database.write(() => {
        for (const key of keys) clearBelow.run({ key })
        companions.appendAudit(audit)
      }),
    findPause: (key, now) => database.read(() => findPause(key, now)),
    tidy: (now, limit) =>
      database.write(() => {
        const tidied = tidyBudgets.run({ now, limit })
        return tidied + tidyFailures.run({ now, limit: limit - tidied })
      }),
  }
}

function rememberedSeconds(policy: PausePolicy): number {
  return policy.kind === 'growing' ? policy.forgetSeconds : policy.windowSeconds
}

function mostRemembered(policy: PausePolicy): number {
  return policy.kind === 'growing' ? policy.free + DOUBLINGS : policy.most
}

/** How long the pause is that begins with the last of these failures; 0 for none. */
function pauseMs(times: readonly number[], policy: PausePolicy, now: Date): number {
  if (policy.kind === 'growing') {
    if (times.length < policy.free) return 0
    const seconds = policy.firstPauseSeconds * 2 ** (times.length - policy.free)
    return Math.min(seconds, policy.longestPauseSeconds) * 1000
  }
  const [oldest] = times
  if (oldest === undefined || times.length < policy.most) return 0
  return Math.min(oldest + policy.windowSeconds * 1000 - now.getTime(), policy.longestPauseSeconds * 1000)
}
