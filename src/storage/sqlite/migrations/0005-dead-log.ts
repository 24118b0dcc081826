import type { Migration } from './migration.ts'

/**
 * What has died, in the order in which it did. AUTOINCREMENT: a number is never used twice, also after the newest row
 * was tidied away, since followers hold numbers.
 */
export const deadLog: Migration = {
  number: 5,
  name: 'dead-log',
  minReader: 5,
  sql: `
CREATE TABLE dead (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  token_generation INTEGER,
  sign_in_generation INTEGER,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_at ON dead (at);
`,
}
