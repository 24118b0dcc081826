import type { Migration } from './migration.ts'

export const devices: Migration = {
  number: 2,
  name: 'devices',
  minReader: 1,
  sql: `
CREATE TABLE device (
  id_hash BLOB PRIMARY KEY,
  account_id TEXT NOT NULL,
  account_generation INTEGER NOT NULL,
  label TEXT,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX device_expiry ON device (expires_at);
`,
}
