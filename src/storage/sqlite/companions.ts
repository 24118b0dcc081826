import type { AuditEntry } from '../../domain/audit/index.ts'
import type { QueuedMessage } from '../../domain/delivery/index.ts'
import type { Ending, Raise } from '../../domain/revocations/index.ts'
import type { Database } from './database.ts'
import { fields } from './fields.ts'

/**
 * What goes into the same write as a change of something else. Every function must be called inside
 * `Database.write`, after the change itself is known to have happened.
 */
export interface Companions {
  appendAudit(entries: readonly AuditEntry[]): void
  queueMessages(messages: readonly QueuedMessage[]): void
  raise(raises: readonly Raise[]): void
  /** Whether this call ended it. One that had ended stays ended for the longer of the two times. */
  end(ending: Ending): boolean
}

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

export function createCompanions(database: Database): Companions {
  const insertAudit = database.prepare(
    `INSERT INTO audit_record (${AUDIT.columns}) VALUES (${AUDIT.parameters})`,
  )
  const insertMessage = database.prepare(
    `INSERT INTO message (${MESSAGE.columns}, attempts) VALUES (${MESSAGE.parameters}, 0)`,
  )
  const raise = database.prepare(
    `INSERT INTO generation (kind, id, token, sign_in) VALUES (:kind, :id, 1, :signIn)
     ON CONFLICT (kind, id) DO UPDATE SET token = token + 1, sign_in = sign_in + :signIn`,
  )
  const insertEnding = database.prepare(
    `INSERT INTO ending (${ENDING.columns}) VALUES (${ENDING.parameters}) ON CONFLICT (kind, id) DO NOTHING`,
  )
  const keepEnded = database.prepare(
    'UPDATE ending SET until = :until WHERE kind = :kind AND id = :id AND until < :until',
  )

  return {
    appendAudit: (entries) => {
      for (const entry of entries) insertAudit.run(entry)
    },
    queueMessages: (messages) => {
      for (const message of messages) insertMessage.run(message)
    },
    raise: (raises) => {
      for (const { owner, signIn } of raises) {
        raise.run({ kind: owner.kind, id: owner.id, signIn: signIn ? 1 : 0 })
      }
    },
    end: (ending) => {
      if (insertEnding.run(ending) === 1) return true
      keepEnded.run(ending)
      return false
    },
  }
}
