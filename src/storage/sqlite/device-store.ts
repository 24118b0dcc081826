import type { Device, DeviceStore } from '../../domain/devices/index.ts'
import type { Companions } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const DEVICE = fields(
  'idHash',
  'accountId',
  'accountGeneration',
  'label',
  'createdAt',
  'lastSeenAt',
  'expiresAt',
)

export function createDeviceStore(database: Database, companions: Companions): DeviceStore {
  const remember = database.prepare(
    `INSERT INTO device (${DEVICE.columns}) VALUES (${DEVICE.parameters})
     ON CONFLICT (id_hash) DO UPDATE SET account_generation = :accountGeneration, label = :label,
       last_seen_at = :lastSeenAt, expires_at = :expiresAt`,
  )
  const live = `expires_at > :now AND account_generation >= coalesce(
    (SELECT sign_in FROM generation WHERE kind = 'account' AND id = device.account_id), 0)`
  const find = database.prepare<Row<Device>>(
    `SELECT ${DEVICE.selected} FROM device WHERE id_hash = :idHash AND ${live}`,
  )
  const listByAccount = database.prepare<Row<Device>>(
    `SELECT ${DEVICE.selected} FROM device WHERE account_id = :accountId AND ${live}
     ORDER BY last_seen_at DESC LIMIT :limit`,
  )
  const remove = database.prepare('DELETE FROM device WHERE id_hash = :idHash AND account_id = :accountId')
  const tidy = database.prepare(
    'DELETE FROM device WHERE rowid IN (SELECT rowid FROM device WHERE expires_at <= :now LIMIT :limit)',
  )

  return {
    remember: (device, audit) =>
      database.write(() => {
        remember.run(device)
        companions.appendAudit(audit)
      }),
    find: (idHash, now) => database.read(() => toDevice(find.get({ idHash, now }))),
    listByAccount: (accountId, now, limit) =>
      database.read(() => listByAccount.all({ accountId, now, limit }).map((row) => toDevice(row))),
    remove: (accountId, idHash, audit) =>
      database.write(() => {
        if (remove.run({ accountId, idHash }) === 0) return false
        companions.appendAudit(audit)
        return true
      }),
    tidy: (now, limit) => database.write(() => tidy.run({ now, limit })),
  }
}

function toDevice(row: Row<Device>): Device
function toDevice(row: Row<Device> | null): Device | null
function toDevice(row: Row<Device> | null): Device | null {
  if (row === null) return null
  const { createdAt, lastSeenAt, expiresAt, ...device } = row
  return {
    ...device,
    createdAt: toDate(createdAt),
    lastSeenAt: toDate(lastSeenAt),
    expiresAt: toDate(expiresAt),
  }
}
