import { isDeepStrictEqual } from 'node:util'
import { type Audit, systemOrigin } from '../domain/audit/index.ts'
import type { LimitsSettings } from '../domain/limits/index.ts'
import type { Random } from '../lib/ids.ts'
import type { RereadLimits } from '../settings/index.ts'

export interface LiveLimitsParts {
  /** As the process was started with. */
  readonly limits: LimitsSettings
  /** Reads the file anew. */
  readonly reread: () => RereadLimits
  readonly audit: Pick<Audit, 'record'>
  readonly random: Random
  readonly log: Readonly<Record<'info' | 'warn', (what: object, message: string) => void>>
}

export interface LiveLimits {
  /** The same object for the life of the process; its part `send` follows the file. */
  readonly limits: LimitsSettings
  /** Looks at the file now. */
  look(): Promise<void>
  stop(): void
}

const LOOK_EVERY_MS = 2000

/**
 * Budgets of messages follow `limits.json` while the process runs: whoever is being pumped must not have to restart
 * everything. Only what has changed in the file since the last look counts, and a file with a mistake changes nothing.
 */
export function followLimits({ limits, reread, audit, random, log }: LiveLimitsParts): LiveLimits {
  const send = { ...limits.send }
  let seen = reread()

  async function look(): Promise<void> {
    const now = reread()
    if (isDeepStrictEqual(now, seen)) return
    seen = now
    if (!now.ok) return log.warn({ problems: now.problems }, 'limits.json has mistakes; what held goes on')
    const before = { ...send }
    Object.assign(send, now.limits.send)
    const changed = changesOf(before, send)
    if (Object.keys(changed).length === 0) return
    log.info({ changed }, 'budgets of messages changed')
    await audit.record({
      ...systemOrigin('limits', null, random),
      event: 'limits.changed',
      outcome: 'success',
      details: { changed },
    })
  }

  const timer = setInterval(() => {
    look().catch((err: unknown) => log.warn({ err }, 'a change of limits.json is not recorded'))
  }, LOOK_EVERY_MS)
  timer.unref()

  return { limits: { ...limits, send }, look, stop: () => clearInterval(timer) }
}

type Send = LimitsSettings['send']
type Value = Send[keyof Send]
// A type and not an interface: it is kept as JSON.
type Changed = { readonly from: Value | null; readonly to: Value }

/** What is different now, by name. */
function changesOf(before: Send, now: Send): Readonly<Record<string, Changed>> {
  const was = new Map<string, Value>(Object.entries(before))
  return Object.fromEntries(
    Object.entries(now)
      .filter(([name, to]) => !isDeepStrictEqual(was.get(name), to))
      .map(([name, to]) => [name, { from: was.get(name) ?? null, to }]),
  )
}
