import type { Migration } from './migration.ts'

/** A row that an older version writes has no fields; a link that it makes invites nobody. */
export const userTypesAndEmployees: Migration = {
  number: 3,
  name: 'user-types-and-employees',
  minReader: 1,
  sql: `
ALTER TABLE account ADD COLUMN fields TEXT NOT NULL DEFAULT '{}';
ALTER TABLE link ADD COLUMN account_id TEXT;

CREATE TABLE employee (
  employee_id TEXT PRIMARY KEY,
  shown_id TEXT NOT NULL,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  full_name TEXT,
  email TEXT,
  phone TEXT,
  attributes TEXT NOT NULL,
  version INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE employee_claim (
  employee_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL UNIQUE,
  claimed_at INTEGER NOT NULL,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  checked_at INTEGER NOT NULL
) STRICT;

CREATE TABLE staged_employee (
  import_id TEXT NOT NULL,
  employee_id TEXT NOT NULL,
  shown_id TEXT NOT NULL,
  role TEXT NOT NULL,
  status TEXT NOT NULL,
  full_name TEXT,
  email TEXT,
  phone TEXT,
  attributes TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (import_id, employee_id)
) STRICT;
CREATE INDEX staged_employee_expiry ON staged_employee (expires_at);
`,
}
