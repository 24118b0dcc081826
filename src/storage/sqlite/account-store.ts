import type {
  Account,
  AccountChange,
  AccountStore,
  AccountWrite,
  ClaimWrite,
  Contact,
  Identifier,
  OneTimeLink,
  ReplaceResult,
} from '../../domain/accounts/index.ts'
import { DuplicateKey } from '../../lib/errors.ts'
import { LIVE } from './artifact-store.ts'
import type { Companions } from './companions.ts'
import type { Database, Row } from './database.ts'
import { fields, toDate } from './fields.ts'

const ACCOUNT = fields(
  'id',
  'userType',
  'userTypeVersion',
  'status',
  'email',
  'emailVerifiedAt',
  'phone',
  'phoneVerifiedAt',
  'userId',
  'employeeId',
  'fields',
  'passwordHash',
  'passwordChangedAt',
  'roles',
  'adminRole',
  'createdAt',
  'lastSignInAt',
  'recoveredBy',
  'deactivatedAt',
  'version',
)
const LINK = fields('secretHash', 'purpose', 'accountId', 'createdAt', 'expiresAt')

/** An account as its row has it: contacts in two columns each, fields and roles as JSON. */
type FlatAccount = Omit<Account, 'email' | 'phone' | 'roles' | 'fields'> & {
  readonly email: string | null
  readonly emailVerifiedAt: Date | null
  readonly phone: string | null
  readonly phoneVerifiedAt: Date | null
  readonly roles: string
  readonly fields: string
}

export function createAccountStore(database: Database, companions: Companions): AccountStore {
  const sql = prepareStatements(database)

  function insert(account: Account, identifiers: readonly Identifier[], write: AccountWrite): void {
    sql.insertAccount.run(flatten(account))
    addIdentifiers(account, identifiers)
    companions.appendAudit(write.audit)
    companions.queueMessages(write.messages ?? [], account.createdAt)
  }

  /** A user id that is an employee id of the register would keep the officer out. */
  function addIdentifiers({ id, userId }: Account, identifiers: readonly Identifier[]): void {
    for (const { space, value } of identifiers) {
      const isUserId = space === 'name' && value === userId
      if (isUserId && sql.findEmployee.get({ employeeId: value }) !== null)
        throw new DuplicateKey('identifier')
      sql.insertIdentifier.run({ space, value, accountId: id })
    }
  }

  /** Safe to look before acting: nobody else writes while this transaction is open. */
  function isClaimable({ employeeId, recordVersion }: ClaimWrite): boolean {
    if (sql.findClaim.get({ employeeId }) !== null) return false
    return recordVersion === null || sql.findEmployee.get({ employeeId })?.version === recordVersion
  }

  function claim({ employeeId, role, checkedAt }: ClaimWrite, accountId: string, claimedAt: Date): void {
    sql.insertClaim.run({ employeeId, accountId, claimedAt, role, checkedAt })
  }

  function replace(next: Account, change: AccountChange): ReplaceResult {
    if (sql.findVersion.get({ id: next.id })?.version !== change.from) return 'conflict'
    const { link } = change
    if (link && sql.findLink.get(link)?.accountId !== next.id) return 'link-dead'
    if (change.claim && !isClaimable(change.claim)) return 'not-claimable'
    sql.replaceAccount.run({ ...flatten(next), version: change.from + 1 })
    for (const identifier of change.removed) {
      sql.removeIdentifier.run({ ...identifier, accountId: next.id })
    }
    addIdentifiers(next, change.added)
    if (change.claim) claim(change.claim, next.id, change.at)
    if (link) sql.useLink.run(link)
    if (change.spares) sql.spare.run({ accountId: next.id, now: change.at, ...change.spares })
    companions.raise(change.raises, change.at)
    companions.appendAudit(change.audit)
    companions.queueMessages(change.messages ?? [], change.at)
    return 'replaced'
  }

  return {
    insert: (account, identifiers, write) =>
      database.write(() => {
        if (write.claim && !isClaimable(write.claim)) return 'not-claimable'
        insert(account, identifiers, write)
        if (write.claim) claim(write.claim, account.id, account.createdAt)
        return 'inserted'
      }),
    replace: (next, change) => database.write(() => replace(next, change)),
    insertInvited: (account, link, write) =>
      database.write(() => {
        insert(account, [], write)
        sql.insertLink.run(link)
      }),
    find: (id) => database.read(() => toAccount(sql.find.get({ id }))),
    findByIdentifier: ({ space, value }) =>
      database.read(() => toAccount(sql.findByIdentifier.get({ space, value }))),
    remove: (id, from, write) =>
      database.write(() => {
        if (sql.findVersion.get({ id })?.version !== from) return false
        for (const remove of [sql.removeIdentifiers, sql.removeClaim, sql.removeAccount]) {
          remove.run({ id })
        }
        companions.appendAudit(write.audit)
        companions.queueMessages(write.messages ?? [], write.at)
        return true
      }),
    erase: (id, from, write) =>
      database.write(() => {
        if (sql.findVersion.get({ id })?.version !== from) return false
        for (const remove of [...sql.removeBelongings, sql.removeIdentifiers, sql.removeClaim]) {
          remove.run({ id })
        }
        sql.removeAccount.run({ id })
        companions.raise(write.raises, write.at)
        companions.appendAudit(write.audit)
        return true
      }),
    replacePasswordHash: (id, from, to) => database.write(() => sql.replaceHash.run({ id, from, to }) === 1),
    recordSignIn: (id, { at, generation, makesGood, audit }) =>
      database.write(() => {
        if (sql.recordSignIn.run({ id, at, generation, makesGood: makesGood ? 1 : 0 }) === 0) return false
        companions.appendAudit(audit)
        return true
      }),
    hasOwner: () => database.read(() => sql.findOwner.get({}) !== null),
    keepLink: (link, audit) =>
      database.write(() => {
        sql.insertLink.run(link)
        companions.appendAudit(audit)
      }),
    findLink: (secretHash, now) => database.read(() => toLink(sql.findLink.get({ secretHash, now }))),
    insertFirstOwner: (account, identifiers, linkHash, now, write) =>
      database.write(() => {
        // Safe to look before acting: nobody else writes while this transaction is open.
        if (sql.findLink.get({ secretHash: linkHash, now }) === null) return 'link-dead'
        if (sql.findOwner.get({}) !== null) return 'owner-exists'
        sql.useLink.run({ secretHash: linkHash })
        insert(account, identifiers, write)
        return 'inserted'
      }),
    tidy: (now, limit) => database.write(() => sql.tidy.run({ now, limit })),
  }
}

function prepareStatements(database: Database) {
  return {
    insertAccount: database.prepare(
      `INSERT INTO account (${ACCOUNT.columns}) VALUES (${ACCOUNT.parameters})`,
    ),
    insertIdentifier: database.prepare(
      'INSERT INTO identifier (space, value, account_id) VALUES (:space, :value, :accountId)',
    ),
    removeIdentifier: database.prepare(
      'DELETE FROM identifier WHERE space = :space AND value = :value AND account_id = :accountId',
    ),
    findEmployee: database.prepare<{ version: number }>(
      'SELECT version FROM employee WHERE employee_id = :employeeId',
    ),
    findClaim: database.prepare('SELECT 1 FROM employee_claim WHERE employee_id = :employeeId'),
    insertClaim: database.prepare(
      `INSERT INTO employee_claim (employee_id, account_id, claimed_at, role, status, checked_at)
       VALUES (:employeeId, :accountId, :claimedAt, :role, 'active', :checkedAt)`,
    ),
    findVersion: database.prepare<{ version: number }>('SELECT version FROM account WHERE id = :id'),
    replaceAccount: database.prepare(
      `UPDATE account SET (${ACCOUNT.columns}) = (${ACCOUNT.parameters}) WHERE id = :id`,
    ),
    removeIdentifiers: database.prepare('DELETE FROM identifier WHERE account_id = :id'),
    removeClaim: database.prepare('DELETE FROM employee_claim WHERE account_id = :id'),
    removeBelongings: [
      'DELETE FROM link WHERE account_id = :id',
      'DELETE FROM device WHERE account_id = :id',
      'DELETE FROM challenge WHERE account_id = :id',
      'DELETE FROM person_key WHERE id = :id',
    ].map((statement) => database.prepare(statement)),
    removeAccount: database.prepare('DELETE FROM account WHERE id = :id'),
    find: database.prepare<Row<FlatAccount>>(`SELECT ${ACCOUNT.selected} FROM account WHERE id = :id`),
    findByIdentifier: database.prepare<Row<FlatAccount>>(
      `SELECT ${ACCOUNT.selected} FROM account
       WHERE id = (SELECT account_id FROM identifier WHERE space = :space AND value = :value)`,
    ),
    replaceHash: database.prepare(
      `UPDATE account SET password_hash = :to, version = version + 1 WHERE id = :id AND password_hash = :from`,
    ),
    recordSignIn: database.prepare(
      `UPDATE account SET last_sign_in_at = :at, recovered_by = iif(:makesGood, NULL, recovered_by),
         version = version + 1
       WHERE id = :id AND status = 'active' AND :generation = coalesce(
         (SELECT sign_in FROM generation WHERE kind = 'account' AND generation.id = account.id), 0)`,
    ),
    findOwner: database.prepare("SELECT 1 FROM account WHERE admin_role = 'owner' LIMIT 1"),
    // Before the generation is raised: what is dead by then stays dead.
    spare: database.prepare(
      `UPDATE artifact AS a SET account_generation = account_generation + 1
       WHERE a.account_id = :accountId AND ${LIVE}
         AND (a.session_uid = :sessionId OR (a.model = 'Session' AND a.uid = :sessionId))`,
    ),
    insertLink: database.prepare(`INSERT INTO link (${LINK.columns}) VALUES (${LINK.parameters})`),
    findLink: database.prepare<Row<OneTimeLink>>(
      `SELECT ${LINK.selected} FROM link WHERE secret_hash = :secretHash AND expires_at > :now`,
    ),
    useLink: database.prepare('DELETE FROM link WHERE secret_hash = :secretHash'),
    tidy: database.prepare(
      `DELETE FROM link WHERE rowid IN (SELECT rowid FROM link WHERE expires_at <= :now LIMIT :limit)`,
    ),
  }
}

function flatten(account: Account): FlatAccount {
  return {
    ...account,
    email: account.email?.value ?? null,
    emailVerifiedAt: account.email?.verifiedAt ?? null,
    phone: account.phone?.value ?? null,
    phoneVerifiedAt: account.phone?.verifiedAt ?? null,
    roles: JSON.stringify(account.roles),
    fields: JSON.stringify(account.fields),
  }
}

function toAccount(row: Row<FlatAccount> | null): Account | null {
  if (row === null) return null
  const { emailVerifiedAt, phoneVerifiedAt, ...rest } = row
  return {
    ...rest,
    email: toContact(row.email, emailVerifiedAt),
    phone: toContact(row.phone, phoneVerifiedAt),
    roles: JSON.parse(row.roles),
    fields: JSON.parse(row.fields),
    passwordChangedAt: toDate(row.passwordChangedAt),
    createdAt: toDate(row.createdAt),
    lastSignInAt: toDate(row.lastSignInAt),
    deactivatedAt: toDate(row.deactivatedAt),
  }
}

function toContact(value: string | null, verifiedAt: number | null): Contact | null {
  return value === null ? null : { value, verifiedAt: toDate(verifiedAt) }
}

function toLink(row: Row<OneTimeLink> | null): OneTimeLink | null {
  return row && { ...row, createdAt: toDate(row.createdAt), expiresAt: toDate(row.expiresAt) }
}
