/**
 * What happened. Owns the form of a record, the sealing of what is personal in it under a key of the person, and the
 * chain that shows what was changed afterwards. Does not know what any event means, nor who may read; nothing is ever
 * changed or deleted here. Every room hands its entries to the store that writes its change; steps and oidc make
 * them, a worker seals them, the operator's command verifies them.
 */
export { type Audit, type AuditParts, createAudit } from './audit.ts'
export type { AuditEvent, AuditRecord, Origin, Party } from './audit-event.ts'
export type { AuditKeys } from './audit-keys.ts'
export type { AuditEntry, AuditStore, ChainHead, SealedEntry } from './audit-store.ts'
export { formatHead, parseHead } from './chain.ts'
export { AUDIT_EVENTS, type AuditEventName } from './events.ts'
export { type SealParts, type SealResult, sealRecords } from './seal-records.ts'
export { systemOrigin } from './system-origin.ts'
export { type ChainProblem, type VerifyParts, type VerifyReport, verifyRecords } from './verify-records.ts'
