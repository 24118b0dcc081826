import type { AuditEntry, AuditStore, ChainHead, SealedEntry } from '../../domain/audit/index.ts'
import { AUDIT_ENTRY, type Companions } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const UNSEALED = fields(...AUDIT_ENTRY)
const SEALED = fields(...AUDIT_ENTRY, 'sequence', 'hash')
const HEAD = fields('sequence', 'hash', 'mac', 'sealedAt')

/** Records are never deleted, so `position` rises in the order in which they were written. */
export function createAuditStore(database: Database, companions: Companions): AuditStore {
  const sql = prepareStatements(database)

  return {
    append: (entries) => database.write(() => companions.appendAudit(entries)),
    keepPersonKey: (id, wrapped, now) =>
      database.write(() => {
        sql.keepPersonKey.run({ id, wrapped, now })
        return sql.findPersonKey.get({ id })?.wrapped ?? wrapped
      }),
    findPersonKey: (id) => database.read(() => sql.findPersonKey.get({ id })?.wrapped ?? null),
    destroyPersonKey: (id) =>
      database.write(() => {
        sql.destroyPersonKey.run({ id })
      }),
    listUnsealed: (limit) => database.read(() => sql.listUnsealed.all({ limit }).map(toEntry)),
    countUnsealed: () => database.read(() => sql.countUnsealed.get({})?.count ?? 0),
    head: () => database.read(() => toHead(sql.findHead.get({}))),
    sealBatch: (from, places, head) =>
      database.write(() => {
        // Safe to look before acting: nobody else writes while this transaction is open.
        if ((sql.findHead.get({})?.sequence ?? 0) !== from) return false
        const ids = JSON.stringify(places.map(({ id }) => id))
        if (sql.countSealable.get({ ids })?.count !== places.length) return false
        for (const one of places) sql.place.run(one)
        sql.moveHead.run(head)
        return true
      }),
    listSealed: (after, limit) => database.read(() => sql.listSealed.all({ after, limit }).map(toEntry)),
    listBySubject: (subjectId, limit) =>
      database.read(() => sql.listBySubject.all({ subjectId, limit }).map(toEntry)),
  }
}

function prepareStatements(database: Database) {
  return {
    keepPersonKey: database.prepare(
      `INSERT INTO person_key (id, wrapped, created_at) VALUES (:id, :wrapped, :now) ON CONFLICT (id) DO NOTHING`,
    ),
    findPersonKey: database.prepare<{ wrapped: Uint8Array }>('SELECT wrapped FROM person_key WHERE id = :id'),
    destroyPersonKey: database.prepare('DELETE FROM person_key WHERE id = :id'),
    listUnsealed: database.prepare<Row<AuditEntry>>(
      `SELECT ${UNSEALED.selected} FROM audit_record WHERE sequence IS NULL ORDER BY position LIMIT :limit`,
    ),
    countUnsealed: database.prepare<{ count: number }>(
      'SELECT count(*) AS count FROM audit_record WHERE sequence IS NULL',
    ),
    findHead: database.prepare<Row<ChainHead>>(`SELECT ${HEAD.selected} FROM audit_head WHERE only = 1`),
    moveHead: database.prepare(
      `INSERT INTO audit_head (only, ${HEAD.columns}) VALUES (1, ${HEAD.parameters})
       ON CONFLICT (only) DO UPDATE SET sequence = :sequence, hash = :hash, mac = :mac, sealed_at = :sealedAt`,
    ),
    countSealable: database.prepare<{ count: number }>(
      `SELECT count(*) AS count FROM audit_record
       WHERE id IN (SELECT value FROM json_each(:ids)) AND sequence IS NULL`,
    ),
    place: database.prepare('UPDATE audit_record SET sequence = :sequence, hash = :hash WHERE id = :id'),
    listSealed: database.prepare<Row<SealedEntry>>(
      `SELECT ${SEALED.selected} FROM audit_record WHERE sequence > :after ORDER BY sequence LIMIT :limit`,
    ),
    listBySubject: database.prepare<Row<AuditEntry>>(
      `SELECT ${UNSEALED.selected} FROM audit_record WHERE subject_id = :subjectId
       ORDER BY position DESC LIMIT :limit`,
    ),
  }
}

function toEntry<T extends { readonly at: number }>(row: T): T & { at: Date } {
  return { ...row, at: toDate(row.at) }
}

function toHead(row: Row<ChainHead> | null): ChainHead | null {
  return row && { ...row, sealedAt: toDate(row.sealedAt) }
}
