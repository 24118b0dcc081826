import type { Migration } from './migration.ts'

/**
 * Times are milliseconds since 1970, ids and links are compared byte by byte. No CHECK names the words of a
 * column: a newer version may add one while an older one still runs. Partial indexes hold only the rows that
 * their question is about.
 */
export const firstTables: Migration = {
  number: 1,
  name: 'first-tables',
  minReader: 1,
  sql: `
CREATE TABLE account (
  id TEXT PRIMARY KEY,
  user_type TEXT NOT NULL,
  user_type_version INTEGER NOT NULL,
  status TEXT NOT NULL,
  email TEXT,
  email_verified_at INTEGER,
  phone TEXT,
  phone_verified_at INTEGER,
  user_id TEXT,
  employee_id TEXT,
  password_hash TEXT,
  password_changed_at INTEGER,
  roles TEXT NOT NULL,
  admin_role TEXT,
  created_at INTEGER NOT NULL,
  last_sign_in_at INTEGER,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX account_admin_role ON account (admin_role) WHERE admin_role IS NOT NULL;

CREATE TABLE identifier (
  space TEXT NOT NULL,
  value TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES account (id),
  PRIMARY KEY (space, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifier_account ON identifier (account_id);

CREATE TABLE link (
  secret_hash BLOB PRIMARY KEY,
  purpose TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX link_expiry ON link (expires_at);

CREATE TABLE artifact (
  model TEXT NOT NULL,
  id TEXT NOT NULL,
  payload BLOB NOT NULL,
  account_id TEXT,
  client_id TEXT,
  grant_id TEXT,
  uid TEXT,
  session_uid TEXT,
  account_generation INTEGER,
  client_generation INTEGER,
  expires_at INTEGER NOT NULL,
  consumed_at INTEGER,
  PRIMARY KEY (model, id)
) STRICT;
CREATE INDEX artifact_uid ON artifact (model, uid) WHERE uid IS NOT NULL;
CREATE INDEX artifact_session ON artifact (session_uid) WHERE session_uid IS NOT NULL;
CREATE INDEX artifact_expiry ON artifact (expires_at);

CREATE TABLE audit_record (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  outcome TEXT NOT NULL,
  subject_id TEXT,
  client_id TEXT,
  trace_id TEXT NOT NULL,
  body TEXT NOT NULL,
  personal BLOB,
  person_key_id TEXT,
  sequence INTEGER,
  hash BLOB
) STRICT;
CREATE INDEX audit_record_unsealed ON audit_record (position) WHERE sequence IS NULL;
CREATE UNIQUE INDEX audit_record_sequence ON audit_record (sequence) WHERE sequence IS NOT NULL;

CREATE TABLE audit_head (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  sequence INTEGER NOT NULL,
  hash BLOB NOT NULL,
  mac BLOB NOT NULL,
  sealed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE person_key (
  id TEXT PRIMARY KEY,
  wrapped BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE challenge (
  id TEXT PRIMARY KEY,
  chain_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  account_id TEXT,
  channel TEXT NOT NULL,
  destination TEXT NOT NULL,
  code_mac BLOB NOT NULL,
  pepper_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  digits INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  resend_at INTEGER NOT NULL,
  sends INTEGER NOT NULL,
  attempts_left INTEGER NOT NULL,
  status TEXT NOT NULL,
  ended_at INTEGER NOT NULL
) STRICT;
CREATE INDEX challenge_end ON challenge (ended_at);
CREATE INDEX challenge_mac ON challenge (ended_at) WHERE code_mac <> x'';

CREATE TABLE stored_key (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  slot TEXT NOT NULL UNIQUE,
  use TEXT NOT NULL,
  purpose TEXT NOT NULL,
  sealed BLOB NOT NULL,
  master_key_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  published_at INTEGER,
  active_at INTEGER,
  retired_at INTEGER
) STRICT;

CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE budget (
  key TEXT PRIMARY KEY,
  spent INTEGER NOT NULL,
  resets_at INTEGER NOT NULL
) STRICT;
CREATE INDEX budget_reset ON budget (resets_at);

CREATE TABLE failure (
  key TEXT PRIMARY KEY,
  times TEXT NOT NULL,
  pauses_until INTEGER NOT NULL,
  forgotten_at INTEGER NOT NULL
) STRICT;
CREATE INDEX failure_forgotten ON failure (forgotten_at);

CREATE TABLE message (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  channel TEXT NOT NULL,
  content BLOB NOT NULL,
  queued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  challenge_id TEXT,
  attempts INTEGER NOT NULL,
  holder TEXT,
  claimable_at INTEGER,
  outcome TEXT,
  reason TEXT,
  ended_at INTEGER
) STRICT;
CREATE INDEX message_waiting ON message (queued_at) WHERE ended_at IS NULL;
CREATE INDEX message_expiry ON message (expires_at) WHERE ended_at IS NULL;
CREATE INDEX message_end ON message (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE progress (
  id_hash BLOB PRIMARY KEY,
  state BLOB NOT NULL,
  version INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX progress_expiry ON progress (expires_at);

CREATE TABLE generation (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  token INTEGER NOT NULL,
  sign_in INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE issuer (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  generation TEXT NOT NULL
) STRICT;

CREATE TABLE ending (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT;
CREATE INDEX ending_until ON ending (until);

CREATE TABLE user_type (
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id, version)
) STRICT;
`,
}
