import type { Migration } from './migration.ts'

/** What a person changes about their own account, and what they see of their sessions and devices. */
export const myAccount: Migration = {
  number: 4,
  name: 'my-account',
  minReader: 1,
  sql: `
ALTER TABLE account ADD COLUMN recovered_by TEXT;
ALTER TABLE account ADD COLUMN deactivated_at INTEGER;
CREATE INDEX artifact_account ON artifact (account_id, model) WHERE account_id IS NOT NULL;
CREATE INDEX device_account ON device (account_id);
CREATE INDEX audit_record_subject ON audit_record (subject_id, position) WHERE subject_id IS NOT NULL;
`,
}
