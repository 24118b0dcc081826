import type { Migration } from './migration.ts'

/**
 * Whether a client is disabled: its registration is a file, what an administrator does to it is a row. The indexes are
 * for the erasure of an account.
 */
export const clientState: Migration = {
  number: 9,
  name: 'client-state',
  minReader: 1,
  sql: `
CREATE TABLE client_state (
  client_id TEXT PRIMARY KEY,
  disabled INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX challenge_account ON challenge (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX link_account ON link (account_id) WHERE account_id IS NOT NULL;
`,
}
