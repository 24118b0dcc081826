import type { Challenge, ChallengeStore, ReserveResult, SupersedeResult } from '../../domain/otp/index.ts'
import type { Companions } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const CHALLENGE = fields(
  'id',
  'chainId',
  'purpose',
  'accountId',
  'channel',
  'destination',
  'codeMac',
  'pepperId',
  'reference',
  'digits',
  'createdAt',
  'expiresAt',
  'resendAt',
  'sends',
  'attemptsLeft',
  'status',
)

/** `ended_at` is the end of life; an earlier end moves it forward. */
export function createChallengeStore(database: Database, companions: Companions): ChallengeStore {
  const sql = prepareStatements(database)

  return {
    insert: (challenge, write) =>
      database.write(() => {
        const queued = companions.queueMessages(write.messages, challenge.createdAt)
        if (!queued.ok) return queued
        sql.insert.run(queued.queued ? challenge : unopenable(challenge))
        companions.appendAudit(write.audit)
        return queued
      }),
    find: (id) => database.read(() => toChallenge(sql.find.get({ id }))),
    supersede: (id, next, write, now) =>
      database.write((): SupersedeResult => {
        const before = sql.findLive.get({ id, now })
        if (before === null) return whyNotSuperseded(toChallenge(sql.find.get({ id })))
        const queued = companions.queueMessages(write.messages, now)
        if (!queued.ok) return queued
        sql.supersede.run({ id, now })
        const challenge = { ...next, attemptsLeft: before.attemptsLeft }
        sql.insert.run(queued.queued ? challenge : unopenable(challenge))
        companions.appendAudit(write.audit)
        return { ...queued, challenge }
      }),
    reserveAttempt: (id, now) =>
      database.write((): ReserveResult => {
        const challenge = toChallenge(sql.reserve.get({ id, now }))
        if (challenge !== null) return { ok: true, challenge }
        return { ok: false, reason: whyNotReserved(toChallenge(sql.find.get({ id }))) }
      }),
    consume: (id, now, audit) =>
      database.write(() => {
        if (sql.consume.run({ id, now }) === 0) return false
        companions.appendAudit(audit)
        return true
      }),
    tidy: (ended, gone, limit) =>
      database.write(() => {
        const removed = sql.removeGone.run({ gone, limit })
        return removed + sql.emptyMacs.run({ ended, limit: limit - removed })
      }),
  }
}

/** No MAC is empty, so no code has this one. */
function unopenable(challenge: Challenge): Challenge {
  return { ...challenge, codeMac: new Uint8Array() }
}

function prepareStatements(database: Database) {
  return {
    insert: database.prepare(
      `INSERT INTO challenge (${CHALLENGE.columns}, ended_at) VALUES (${CHALLENGE.parameters}, :expiresAt)`,
    ),
    find: database.prepare<Row<Challenge>>(`SELECT ${CHALLENGE.selected} FROM challenge WHERE id = :id`),
    // Safe to look before acting: nobody else writes while this transaction is open.
    findLive: database.prepare<{ attemptsLeft: number }>(
      `SELECT attempts_left AS attemptsLeft FROM challenge
       WHERE id = :id AND status = 'pending' AND attempts_left > 0 AND resend_at <= :now`,
    ),
    supersede: database.prepare(
      `UPDATE challenge SET status = 'superseded', ended_at = min(ended_at, :now) WHERE id = :id`,
    ),
    reserve: database.prepare<Row<Challenge>>(
      `UPDATE challenge SET attempts_left = attempts_left - 1
       WHERE id = :id AND status = 'pending' AND attempts_left > 0 AND expires_at > :now
       RETURNING ${CHALLENGE.selected}`,
    ),
    consume: database.prepare(
      `UPDATE challenge SET status = 'verified', ended_at = min(ended_at, :now)
       WHERE id = :id AND status = 'pending' AND expires_at > :now`,
    ),
    removeGone: database.prepare(
      `DELETE FROM challenge WHERE rowid IN (SELECT rowid FROM challenge WHERE ended_at < :gone LIMIT :limit)`,
    ),
    emptyMacs: database.prepare(
      `UPDATE challenge SET code_mac = x'' WHERE rowid IN (
         SELECT rowid FROM challenge WHERE ended_at < :ended AND code_mac <> x'' LIMIT :limit)`,
    ),
  }
}

function whyNotSuperseded(challenge: Challenge | null): SupersedeResult {
  if (challenge?.status !== 'pending') return { ok: false, reason: 'dead' }
  if (challenge.attemptsLeft === 0) return { ok: false, reason: 'no-attempts-left' }
  return { ok: false, reason: 'too-soon', resendAt: challenge.resendAt }
}

function whyNotReserved(challenge: Challenge | null): Exclude<ReserveResult, { ok: true }>['reason'] {
  if (challenge === null) return 'unknown'
  if (challenge.status === 'superseded') return 'superseded'
  if (challenge.status === 'verified') return 'used'
  return challenge.attemptsLeft === 0 ? 'no-attempts-left' : 'expired'
}

function toChallenge(row: Row<Challenge> | null): Challenge | null {
  if (row === null) return null
  return {
    ...row,
    createdAt: toDate(row.createdAt),
    expiresAt: toDate(row.expiresAt),
    resendAt: toDate(row.resendAt),
  }
}
