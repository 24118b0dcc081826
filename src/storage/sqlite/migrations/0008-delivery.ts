import type { Migration } from './migration.ts'

/** What is known of a message after it was handed to a provider, and which contacts take none. */
export const delivery: Migration = {
  number: 8,
  name: 'delivery',
  minReader: 1,
  sql: `
ALTER TABLE message ADD COLUMN unsure TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN provider TEXT;
ALTER TABLE message ADD COLUMN contact_hash BLOB;
ALTER TABLE message ADD COLUMN report TEXT;
DROP INDEX message_waiting;
CREATE INDEX message_waiting ON message (channel, queued_at) WHERE ended_at IS NULL;
CREATE INDEX message_challenge ON message (challenge_id) WHERE challenge_id IS NOT NULL;

CREATE TABLE undeliverable (
  contact_hash BLOB PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX undeliverable_at ON undeliverable (at);
`,
}
