import type {
  LimitStore,
  PausePolicy,
  ReserveTryResult,
  Take,
  TakeResult,
} from '../../domain/limits/index.ts'
import { addSeconds } from '../../lib/clock.ts'
import type { Database } from './database.ts'

interface Budget {
  readonly spent: number
  readonly resetsAt: number
}

interface Failures {
  readonly times: string
  readonly pausesUntil: number
}

/** So many doublings of any pause are longer than any longest pause: older failures need not be remembered. */
const DOUBLINGS = 32

export function createLimitStore(database: Database): LimitStore {
  const sql = prepareStatements(database)

  /** When one could be taken again; null when it can be now. */
  function retryAt({ key, limit, windowSeconds }: Take, now: Date): Date | null {
    const budget = sql.findBudget.get({ key, now })
    if ((budget?.spent ?? 0) < limit) return null
    return budget === null ? addSeconds(now, windowSeconds) : new Date(budget.resetsAt)
  }

  function takeAll(takes: readonly Take[], now: Date): TakeResult {
    const refusals = takes.flatMap((one) => {
      const at = retryAt(one, now)
      return at === null ? [] : [{ key: one.key, retryAt: at }]
    })
    // The one that lasts longest: to try again before it ends is in vain.
    const longest = refusals.sort((a, b) => b.retryAt.getTime() - a.retryAt.getTime())[0]
    if (longest !== undefined) return { ok: false, ...longest }
    for (const { key, windowSeconds } of takes) {
      sql.take.run({ key, now, resetsAt: addSeconds(now, windowSeconds) })
    }
    return { ok: true }
  }

  function reserveTry(key: string, policy: PausePolicy, now: Date): ReserveTryResult {
    const before = sql.findFailures.get({ key })
    const pause = toPause(before?.pausesUntil ?? 0, now)
    if (pause !== null) return { ok: false, until: pause }
    const since = addSeconds(now, -policy.forgetSeconds).getTime()
    const remembered: number[] = JSON.parse(before?.times ?? '[]')
    const times = [...remembered.filter((at) => at > since), now.getTime()].slice(-policy.free - DOUBLINGS)
    const pausesUntil = now.getTime() + pauseMs(times.length, policy)
    const forgottenAt = Math.max(pausesUntil, addSeconds(now, policy.forgetSeconds).getTime())
    sql.keepFailures.run({ key, times: JSON.stringify(times), pausesUntil, forgottenAt })
    return { ok: true }
  }

  return {
    take: (takes, now) => database.write(() => takeAll(takes, now)),
    spent: (key, now) => database.read(() => sql.findBudget.get({ key, now })?.spent ?? 0),
    reserveTry: (key, policy, now) => database.write(() => reserveTry(key, policy, now)),
    findPause: (key, now) =>
      database.read(() => toPause(sql.findFailures.get({ key })?.pausesUntil ?? 0, now)),
    clear: (key) =>
      database.write(() => {
        sql.clear.run({ key })
      }),
    tidy: (now, limit) =>
      database.write(() => {
        const budgets = sql.tidyBudgets.run({ now, limit })
        return budgets + sql.tidyFailures.run({ now, limit: limit - budgets })
      }),
  }
}

function prepareStatements(database: Database) {
  return {
    findBudget: database.prepare<Budget>(
      'SELECT spent, resets_at AS resetsAt FROM budget WHERE key = :key AND resets_at > :now',
    ),
    take: database.prepare(
      `INSERT INTO budget (key, spent, resets_at) VALUES (:key, 1, :resetsAt)
       ON CONFLICT (key) DO UPDATE SET
         spent = iif(resets_at > :now, spent + 1, 1), resets_at = iif(resets_at > :now, resets_at, :resetsAt)`,
    ),
    findFailures: database.prepare<Failures>(
      'SELECT times, pauses_until AS pausesUntil FROM failure WHERE key = :key',
    ),
    keepFailures: database.prepare(
      `INSERT INTO failure (key, times, pauses_until, forgotten_at)
       VALUES (:key, :times, :pausesUntil, :forgottenAt)
       ON CONFLICT (key) DO UPDATE SET
         times = :times, pauses_until = :pausesUntil, forgotten_at = :forgottenAt`,
    ),
    clear: database.prepare('DELETE FROM failure WHERE key = :key'),
    tidyBudgets: database.prepare(
      `DELETE FROM budget WHERE rowid IN (SELECT rowid FROM budget WHERE resets_at <= :now LIMIT :limit)`,
    ),
    tidyFailures: database.prepare(
      `DELETE FROM failure WHERE rowid IN (SELECT rowid FROM failure WHERE forgotten_at <= :now LIMIT :limit)`,
    ),
  }
}

function pauseMs(failures: number, policy: PausePolicy): number {
  if (failures < policy.free) return 0
  const seconds = policy.firstPauseSeconds * 2 ** (failures - policy.free)
  return Math.min(seconds, policy.longestPauseSeconds) * 1000
}

function toPause(until: number, now: Date): Date | null {
  return until > now.getTime() ? new Date(until) : null
}
