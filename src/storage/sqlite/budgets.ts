import type { Take, TakeResult } from '../../domain/limits/index.ts'
import { addSeconds } from '../../lib/clock.ts'
import type { Database } from './database.ts'

/** Budgets in windows. What changes them must be called inside `Database.write`. */
export interface Budgets {
  /** One from every budget, or from none. */
  takeAll(takes: readonly Take[], now: Date): TakeResult
  giveBack(keys: readonly string[], now: Date): void
  /** When one could be taken again; null when it can be now. */
  findRetry(take: Take, now: Date): Date | null
}

export function createBudgets(database: Database): Budgets {
  const find = database.prepare<{ spent: number; resetsAt: number }>(
    'SELECT spent, resets_at AS resetsAt FROM budget WHERE key = :key AND resets_at > :now',
  )
  const take = database.prepare(
    `INSERT INTO budget (key, spent, resets_at) VALUES (:key, 1, :resetsAt)
     ON CONFLICT (key) DO UPDATE SET
       spent = iif(resets_at > :now, spent + 1, 1), resets_at = iif(resets_at > :now, resets_at, :resetsAt)`,
  )
  const giveBack = database.prepare(
    'UPDATE budget SET spent = spent - 1 WHERE key = :key AND spent > 0 AND resets_at > :now',
  )

  function findRetry({ key, limit, windowSeconds }: Take, now: Date): Date | null {
    const budget = find.get({ key, now })
    if ((budget?.spent ?? 0) < limit) return null
    return budget === null ? addSeconds(now, windowSeconds) : new Date(budget.resetsAt)
  }

  return {
    takeAll(takes, now) {
      const refusals = takes.flatMap((one) => {
        const at = findRetry(one, now)
        return at === null ? [] : [{ key: one.key, ...(one.budget && { budget: one.budget }), retryAt: at }]
      })
      // The one that lasts longest: to try again before it ends is in vain.
      const longest = refusals.sort((a, b) => b.retryAt.getTime() - a.retryAt.getTime())[0]
      if (longest !== undefined) return { ok: false, ...longest }
      for (const { key, windowSeconds } of takes) {
        take.run({ key, now, resetsAt: addSeconds(now, windowSeconds) })
      }
      return { ok: true }
    },
    giveBack(keys, now) {
      for (const key of keys) giveBack.run({ key, now })
    },
    findRetry,
  }
}
