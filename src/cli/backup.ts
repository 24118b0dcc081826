import { resolve } from 'node:path'
import { createAudit, systemOrigin } from '../domain/audit/index.ts'
import { openKeys } from '../domain/keys/index.ts'
import { newIssuerGeneration } from '../domain/revocations/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import { resolveMasterKeys, type Settings } from '../settings/index.ts'
import { backupStorage, type PreparedRestore, prepareRestore } from '../storage/index.ts'
import { type Out, readOptions } from './read-options.ts'

export const backupUsage = `latchkey backup FILE [--json]

Copies the whole store into FILE, also while servers run: the copy is of one moment, checked, and for its owner
alone. FILE must not be there yet. The master keys are not in it: keep them, and keep them elsewhere.

Ends with 0 when the backup is there, 1 when it could not be made, 2 when the command is wrong.`

export const restoreUsage = `latchkey restore FILE [--json]

Puts the data of a backup in the place of the store. Stop every server first. The former store is kept beside it.
Whatever was issued before has ended then: sessions, applications' tokens, codes, known devices. People sign in
again. LATCHKEY_MASTER_KEYS must hold a master key of the time of the backup.

Ends with 0 when the data is restored, 1 when it was refused (the store is as it was), 2 when the command is wrong.`

export interface BackupParts {
  readonly settings: Pick<Settings, 'storage' | 'masterKeys'>
  readonly clock: Clock
  readonly random: Random
}

/** The command `backup`; answers the exit code. Throws StartRefused. */
export async function backup(
  { settings, clock }: Pick<BackupParts, 'settings' | 'clock'>,
  args: readonly string[],
  out: Out,
): Promise<number> {
  const asked = readOptions(args, { operand: 'FILE' })
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? backupUsage : `${asked.what}\n\n${backupUsage}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const made = await backupStorage(settings.storage, resolve(asked.operand), clock)
  if (asked.json) out(JSON.stringify(made))
  else out(`Backed up to ${made.file}, ${made.bytes} bytes, as of ${made.takenAt.toISOString()}.`)
  return 0
}

/** The command `restore`; answers the exit code. Throws StartRefused. */
export async function restore(parts: BackupParts, args: readonly string[], out: Out): Promise<number> {
  const asked = readOptions(args, { operand: 'FILE' })
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? restoreUsage : `${asked.what}\n\n${restoreUsage}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const prepared = await prepareRestore(parts.settings.storage, resolve(asked.operand), parts.clock)
  const former = await finish(prepared, parts).catch(async (error: unknown) => {
    await prepared.abandon()
    throw error
  })
  const { takenAt } = prepared
  if (asked.json) out(JSON.stringify({ takenAt, former }))
  else {
    out(`Restored${takenAt ? ` as of ${takenAt.toISOString()}` : ''}. Whatever was issued before has ended.`)
    if (former !== null) out(`The former store is kept as ${former}; remove it when you need it no more.`)
  }
  return 0
}

async function finish(prepared: PreparedRestore, parts: BackupParts): Promise<string | null> {
  const { settings, clock, random } = parts
  const { storage, takenAt } = prepared
  const masterKeys = resolveMasterKeys(settings.masterKeys, { random })
  // Before anything changes: data that no server could open must not take the place of the store.
  const keys = await openKeys({ store: storage.keys, masterKeys, clock, random })
  const audit = createAudit({ store: storage.audit, keys: keys.dataKeys('audit'), clock, random })
  const entry = await audit.entry({
    ...systemOrigin('cli', 'restore', random),
    event: 'data.restored',
    outcome: 'success',
    details: { takenAt: takenAt?.toISOString() ?? null },
  })
  return prepared.finish(newIssuerGeneration(random), clock.now(), [entry])
}
