import type { Migration } from './migration.ts'

/**
 * What clients are still to be told about ended sessions. A notice is due at `due_at`; while somebody holds it, that
 * is the end of the lease. The index of grants by client is for a client that was disabled.
 */
export const logoutNotices: Migration = {
  number: 6,
  name: 'logout-notices',
  minReader: 1,
  sql: `
CREATE TABLE logout_notice (
  position INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  client_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  sid TEXT NOT NULL,
  queued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  holder TEXT,
  outcome TEXT,
  ended_at INTEGER
) STRICT;
CREATE INDEX logout_notice_due ON logout_notice (client_id, due_at) WHERE ended_at IS NULL;
CREATE INDEX logout_notice_held ON logout_notice (client_id, due_at) WHERE holder IS NOT NULL;
CREATE INDEX logout_notice_end ON logout_notice (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE followed (
  name TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_client_grant ON artifact (client_id) WHERE model = 'Grant' AND client_id IS NOT NULL;
`,
}
