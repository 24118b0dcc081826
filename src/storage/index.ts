/**
 * Where everything is kept. Owns the choice of the backend, its tables, transactions and migrations; every port
 * of `Storage` is implemented here, one file per port and backend. Knows no rule of any room: what a change means
 * stands in the port that asks for it. Called by main and the command line, which hand the ports to the rooms.
 */
export { backupStorage, openStorage, prepareRestore, type StorageSettings } from './open-storage.ts'
export type { Backup } from './sqlite/backup.ts'
export type { PreparedRestore } from './sqlite/restore.ts'
export type { Storage } from './storage.ts'
