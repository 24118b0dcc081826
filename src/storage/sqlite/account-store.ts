import type {
  Account,
  AccountStore,
  AccountWrite,
  Contact,
  Identifier,
  OneTimeLink,
} from '../../domain/accounts/index.ts'
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
  'passwordHash',
  'passwordChangedAt',
  'roles',
  'adminRole',
  'createdAt',
  'lastSignInAt',
  'version',
)
const LINK = fields('secretHash', 'purpose', 'createdAt', 'expiresAt')

/** An account as its row has it: contacts in two columns each, roles as JSON. */
type FlatAccount = Omit<Account, 'email' | 'phone' | 'roles'> & {
  readonly email: string | null
  readonly emailVerifiedAt: Date | null
  readonly phone: string | null
  readonly phoneVerifiedAt: Date | null
  readonly roles: string
}

export function createAccountStore(database: Database, companions: Companions): AccountStore {
  const sql = prepareStatements(database)

  function insert(account: Account, identifiers: readonly Identifier[], write: AccountWrite): void {
    sql.insertAccount.run(flatten(account))
    for (const identifier of identifiers) {
      sql.insertIdentifier.run({ ...identifier, accountId: account.id })
    }
    companions.appendAudit(write.audit)
    companions.queueMessages(write.messages ?? [], account.createdAt)
  }

  return {
    insert: (account, identifiers, write) => database.write(() => insert(account, identifiers, write)),
    find: (id) => database.read(() => toAccount(sql.find.get({ id }))),
    findByIdentifier: ({ space, value }) =>
      database.read(() => toAccount(sql.findByIdentifier.get({ space, value }))),
    replacePasswordHash: (id, from, to) => database.write(() => sql.replaceHash.run({ id, from, to }) === 1),
    recordSignIn: (id, at, audit) =>
      database.write(() => {
        if (sql.recordSignIn.run({ id, at }) === 0) return false
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
    find: database.prepare<Row<FlatAccount>>(`SELECT ${ACCOUNT.selected} FROM account WHERE id = :id`),
    findByIdentifier: database.prepare<Row<FlatAccount>>(
      `SELECT ${ACCOUNT.selected} FROM account
       WHERE id = (SELECT account_id FROM identifier WHERE space = :space AND value = :value)`,
    ),
    replaceHash: database.prepare(
      `UPDATE account SET password_hash = :to, version = version + 1 WHERE id = :id AND password_hash = :from`,
    ),
    recordSignIn: database.prepare(
      `UPDATE account SET last_sign_in_at = :at, version = version + 1 WHERE id = :id AND status = 'active'`,
    ),
    findOwner: database.prepare("SELECT 1 FROM account WHERE admin_role = 'owner' LIMIT 1"),
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
    passwordChangedAt: toDate(row.passwordChangedAt),
    createdAt: toDate(row.createdAt),
    lastSignInAt: toDate(row.lastSignInAt),
  }
}

function toContact(value: string | null, verifiedAt: number | null): Contact | null {
  return value === null ? null : { value, verifiedAt: toDate(verifiedAt) }
}

function toLink(row: Row<OneTimeLink> | null): OneTimeLink | null {
  return row && { ...row, createdAt: toDate(row.createdAt), expiresAt: toDate(row.expiresAt) }
}
