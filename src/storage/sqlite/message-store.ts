import type {
  Channel,
  ClaimedMessage,
  MessageOutcome,
  MessageStore,
  ReportResult,
} from '../../domain/delivery/index.ts'
import { CLOCKS_APART_MS } from '../../lib/clock.ts'
import { type Companions, QUEUED_MESSAGE } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const CLAIMED = fields(...QUEUED_MESSAGE, 'attempts', 'unsure')

/** How many expired messages one claim empties: more than ever expire between two claims. */
const EXPIRED_PER_CLAIM = 500
const CHANNELS: readonly Channel[] = ['sms', 'email']
const MARKS_KEPT_MS = 90 * 86_400_000

/**
 * A message waits until it has an `ended_at`. Its holder has it until somebody else claims it: one that was slow
 * to send may still say so when nobody did.
 */
export function createMessageStore(database: Database, companions: Companions): MessageStore {
  const sql = prepareStatements(database)

  return {
    insert: (messages) =>
      database.write(() => {
        const [first] = messages
        return first ? companions.queueMessages(messages, first.queuedAt) : { ok: true, queued: true }
      }),
    claim: (holder, now, leaseUntil, wanted) =>
      database.write(() => {
        sql.expire.run({ now })
        const claimed = CHANNELS.flatMap((channel) => {
          const limit = wanted[channel] ?? 0
          return limit === 0 ? [] : sql.claim.all({ holder, channel, now, leaseUntil, limit })
        })
        return claimed.sort(asQueued).map(toClaimed)
      }),
    noteUnsure: (id, holder, unsure) =>
      database.write(() => sql.noteUnsure.run({ id, holder, unsure: unsure.join(',') }) === 1),
    markSent: (id, holder, { at, provider, contactHash }) =>
      database.write(() => {
        const sent = { id, holder, at, outcome: 'sent', reason: null, provider, contactHash }
        return sql.end.run(sent) === 1
      }),
    markFailed: (id, holder, { at, reason, undeliverable }) =>
      database.write(() => {
        const failed = { outcome: undeliverable ? 'undeliverable' : 'failed', reason, provider: null }
        if (sql.end.run({ id, holder, at, ...failed, contactHash: null }) === 0) return false
        if (undeliverable === null) return true
        sql.mark.run({ contactHash: undeliverable.contactHash, at })
        companions.appendAudit(undeliverable.audit)
        return true
      }),
    release: (id, holder, at, unsure) =>
      database.write(() => sql.release.run({ id, holder, at, unsure: unsure.join(',') }) === 1),
    report: ({ messageId: id, provider, outcome, at }, audit) =>
      database.write((): ReportResult => {
        const message = sql.report.get({ id, provider, outcome })
        if (message === null) return sql.findHeld.get({ id }) === null ? 'no-news' : 'early'
        if (outcome === 'delivered') {
          sql.unmark.run(message)
          return 'news'
        }
        sql.mark.run({ ...message, at })
        companions.appendAudit(audit)
        return 'news'
      }),
    findOutcome: (challengeId) => database.read(() => sql.findOutcome.get({ challengeId })?.outcome ?? null),
    undeliverableSince: (contactHash) =>
      database.read(() => toDate(sql.findMark.get({ contactHash })?.at ?? null)),
    countWaiting: (now) => database.read(() => sql.countWaiting.get({ now })?.count ?? 0),
    tidy: (before, limit) =>
      database.write(() => {
        const removed = sql.tidy.run({ before, limit })
        const marksBefore = new Date(before.getTime() - MARKS_KEPT_MS)
        return removed + sql.tidyMarks.run({ before: marksBefore, limit: limit - removed })
      }),
  }
}

function prepareStatements(database: Database) {
  return {
    expire: database.prepare(
      `UPDATE message SET content = x'', outcome = 'expired', ended_at = expires_at, holder = NULL
       WHERE position IN (SELECT position FROM message
         WHERE ended_at IS NULL AND expires_at <= :now LIMIT ${EXPIRED_PER_CLAIM})`,
    ),
    claim: database.prepare<ClaimedRow>(
      `UPDATE message SET holder = :holder, claimable_at = :leaseUntil, attempts = attempts + 1
       WHERE position IN (SELECT position FROM message
         WHERE ended_at IS NULL AND channel = :channel AND expires_at > :now
           AND (coalesce(claimable_at, 0) <= :now OR claimable_at > :leaseUntil + ${CLOCKS_APART_MS})
         ORDER BY queued_at DESC, position DESC LIMIT :limit)
       RETURNING ${CLAIMED.selected}, position`,
    ),
    noteUnsure: database.prepare(
      'UPDATE message SET unsure = :unsure WHERE id = :id AND holder = :holder AND ended_at IS NULL',
    ),
    end: database.prepare(
      `UPDATE message SET content = x'', outcome = :outcome, reason = :reason, provider = :provider,
         contact_hash = :contactHash, ended_at = :at, holder = NULL
       WHERE id = :id AND holder = :holder`,
    ),
    release: database.prepare(
      `UPDATE message SET holder = NULL, claimable_at = :at, unsure = :unsure
       WHERE id = :id AND holder = :holder`,
    ),
    report: database.prepare<{ contactHash: Uint8Array }>(
      `UPDATE message SET report = :outcome
       WHERE id = :id AND provider = :provider AND outcome = 'sent' AND contact_hash IS NOT NULL
         AND (report IS NULL OR (report = 'delivered' AND :outcome = 'failed'))
       RETURNING contact_hash AS contactHash`,
    ),
    findHeld: database.prepare<{ id: string }>(
      'SELECT id FROM message WHERE id = :id AND ended_at IS NULL AND holder IS NOT NULL',
    ),
    mark: database.prepare(
      `INSERT INTO undeliverable (contact_hash, at) VALUES (:contactHash, :at)
       ON CONFLICT (contact_hash) DO UPDATE SET at = max(at, excluded.at)`,
    ),
    unmark: database.prepare('DELETE FROM undeliverable WHERE contact_hash = :contactHash'),
    findMark: database.prepare<{ at: number }>(
      'SELECT at FROM undeliverable WHERE contact_hash = :contactHash',
    ),
    findOutcome: database.prepare<{ outcome: MessageOutcome }>(
      `SELECT CASE
         WHEN outcome = 'undeliverable' OR report = 'failed' THEN 'undeliverable'
         WHEN outcome = 'sent' THEN 'sent'
         WHEN ended_at IS NULL THEN 'waiting' END AS outcome
       FROM message WHERE challenge_id = :challengeId ORDER BY position DESC LIMIT 1`,
    ),
    countWaiting: database.prepare<{ count: number }>(
      'SELECT count(*) AS count FROM message WHERE ended_at IS NULL AND expires_at > :now',
    ),
    tidy: database.prepare(
      `DELETE FROM message WHERE position IN (
         SELECT position FROM message WHERE ended_at < :before
         UNION ALL SELECT position FROM message WHERE ended_at IS NULL AND expires_at < :before
         LIMIT :limit)`,
    ),
    tidyMarks: database.prepare(
      `DELETE FROM undeliverable WHERE contact_hash IN (
         SELECT contact_hash FROM undeliverable WHERE at < :before LIMIT :limit)`,
    ),
  }
}

type ClaimedRow = Omit<Row<ClaimedMessage>, 'unsure'> & {
  readonly position: number
  readonly unsure: string
}

/** RETURNING promises no order. */
function asQueued(a: ClaimedRow, b: ClaimedRow): number {
  return a.queuedAt - b.queuedAt || a.position - b.position
}

function toClaimed({ position: _, unsure, ...row }: ClaimedRow): ClaimedMessage {
  return {
    ...row,
    unsure: unsure === '' ? [] : unsure.split(','),
    queuedAt: toDate(row.queuedAt),
    expiresAt: toDate(row.expiresAt),
  }
}
