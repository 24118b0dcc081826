/**
 * What happens later: sending queued messages, telling clients of ended sessions, sealing audit records, tidying what
 * has expired; each once, under a lease. Memory is given back by each process for itself. Owns when and by whom, not
 * what: that is the rooms'. Started by main.
 */

export { type AuditSealer, startAuditSealer } from './audit-sealer.ts'
export type * from './lease-store.ts'
export { startLogoutFollower } from './logout-follower.ts'
export { createLogoutQueue, type LogoutQueue } from './logout-queue.ts'
export { createMessageQueue, type MessageQueue, type RenderMessage } from './message-queue.ts'
export type { Worker } from './run-every.ts'
export { rewrapRecord, rotationRecord, type SigningKeysParts, startSigningKeys } from './signing-keys.ts'
export { type SpareMemory, startSpareMemory } from './spare-memory.ts'
export { startTidying } from './tidying.ts'
