import type { AuditEntry } from '../../domain/audit/index.ts'
import type { Price, PricedMessage, Queued } from '../../domain/delivery/index.ts'
import type { Budget, TakeResult } from '../../domain/limits/index.ts'
import type { Ending, Raise } from '../../domain/revocations/index.ts'
import type { Budgets } from './budgets.ts'
import type { Database } from './database.ts'
import { fields } from './fields.ts'

/**
 * What goes into the same write as a change of something else. Every function must be called inside
 * `Database.write`, after the change itself is known to have happened.
 */
export interface Companions {
  appendAudit(entries: readonly AuditEntry[]): void
  /**
   * Pays for messages and queues them. To be called before the change: `ok: false` says that nothing may happen.
   */
  queueMessages(messages: readonly PricedMessage[], now: Date): Queued
  raise(raises: readonly Raise[], at: Date): void
  /** Whether this call ended it. One that had ended stays ended for the longer of the two times. */
  end(ending: Ending): boolean
}

const PAID = { ok: true } as const

export const AUDIT_ENTRY = [
  'id',
  'at',
  'event',
  'outcome',
  'subjectId',
  'clientId',
  'traceId',
  'body',
  'personal',
  'personKeyId',
] as const
export const QUEUED_MESSAGE = ['id', 'channel', 'content', 'queuedAt', 'expiresAt', 'challengeId'] as const

const AUDIT = fields(...AUDIT_ENTRY)
const MESSAGE = fields(...QUEUED_MESSAGE)
const ENDING = fields('kind', 'id', 'at', 'until', 'reason')

export function createCompanions(database: Database, budgets: Budgets): Companions {
  const insertAudit = database.prepare(
    `INSERT INTO audit_record (${AUDIT.columns}) VALUES (${AUDIT.parameters})`,
  )
  const insertMessage = database.prepare(
    `INSERT INTO message (${MESSAGE.columns}, attempts) VALUES (${MESSAGE.parameters}, 0)`,
  )
  // One statement for all owners, however many an import has. WHERE: without it ON would begin a join.
  const raise = database.prepare(
    `INSERT INTO generation (kind, id, token, sign_in)
     SELECT value ->> 'kind', value ->> 'id', 1, value ->> 'signIn' FROM json_each(:raised) WHERE true
     ON CONFLICT (kind, id) DO UPDATE SET token = token + 1, sign_in = sign_in + excluded.sign_in`,
  )
  const insertEnding = database.prepare(
    `INSERT INTO ending (${ENDING.columns}) VALUES (${ENDING.parameters}) ON CONFLICT (kind, id) DO NOTHING`,
  )
  // Before the number goes up: what died is what was in force until now.
  const logRaise = database.prepare(
    `INSERT INTO dead (kind, id, token_generation, sign_in_generation, at)
     SELECT r.value ->> 'kind', r.value ->> 'id', coalesce(g.token, 0),
       iif(r.value ->> 'signIn', coalesce(g.sign_in, 0), NULL), :at
     FROM json_each(:raised) AS r
     LEFT JOIN generation AS g ON g.kind = r.value ->> 'kind' AND g.id = r.value ->> 'id'`,
  )
  const logEnding = database.prepare('INSERT INTO dead (kind, id, at) VALUES (:kind, :id, :at)')
  const keepEnded = database.prepare(
    'UPDATE ending SET until = :until WHERE kind = :kind AND id = :id AND until < :until',
  )

  function pay(price: Price | undefined, now: Date): TakeResult {
    for (const part of price?.takes ?? []) {
      const paid = budgets.takeAll(part, now)
      if (!paid.ok) return paid
    }
    return PAID
  }

  return {
    appendAudit: (entries) => {
      for (const entry of entries) insertAudit.run(entry)
    },
    queueMessages: (messages, now) => {
      let spent: Budget | undefined
      let queued = true
      // Those that must be paid come first: what was taken for others is not to be put back.
      const dearFirst = messages.toSorted((a, b) => Number(isDear(b)) - Number(isDear(a)))
      for (const message of dearFirst) {
        const paid = pay(message.price, now)
        const { price: _price, ...queuedMessage } = message
        if (paid.ok) insertMessage.run(queuedMessage)
        else if (isDear(message)) return { ok: false, reason: 'over-budget', retryAt: paid.retryAt }
        else {
          queued = false
          spent ??= paid.budget
        }
      }
      return { ok: true, queued, ...(spent && { spent }) }
    },
    raise: (raises, at) => {
      if (raises.length === 0) return
      const raised = JSON.stringify(
        raises.map(({ owner: { kind, id }, signIn }) => ({ kind, id, signIn: signIn ? 1 : 0 })),
      )
      logRaise.run({ raised, at })
      raise.run({ raised })
    },
    end: (ending) => {
      if (insertEnding.run(ending) === 1) {
        logEnding.run(ending)
        return true
      }
      keepEnded.run(ending)
      return false
    },
  }
}

function isDear({ price }: PricedMessage): boolean {
  return price?.whenSpent === 'refuse'
}
