import type { Migration } from './migration.ts'

/** Under which generation of the issuer an artifact was made: a restore draws another, and all older ones are absent. */
export const issuerStamps: Migration = {
  number: 7,
  name: 'issuer-stamps',
  minReader: 5,
  sql: `
ALTER TABLE artifact ADD COLUMN issuer_generation TEXT;
UPDATE artifact SET issuer_generation = (SELECT generation FROM issuer WHERE only = 1);
`,
}
