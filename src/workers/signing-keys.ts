import { type Audit, type Origin, systemOrigin } from '../domain/audit/index.ts'
import type { Keys } from '../domain/keys/index.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import { type RunEveryParts, runEvery, type Worker } from './run-every.ts'

export interface SigningKeysParts extends Pick<RunEveryParts, 'leases' | 'holder' | 'clock'> {
  readonly keys: Pick<Keys, 'follow' | 'isRotationDue' | 'rotate'>
  readonly audit: Pick<Audit, 'entry'>
  readonly random: Random
  readonly log: Pick<Log, 'info' | 'error'>
  /** Other pauses than the usual ones, for tests. */
  readonly followEveryMilliseconds?: number | undefined
}

/** The keys of an urgent rotation are on every node after so long. */
const FOLLOW_MILLISECONDS = 10_000
const ROTATE_MILLISECONDS = 60_000

/** Every node follows; no lease keeps one from it. */
const NO_LEASE: RunEveryParts['leases'] = { acquire: async () => true, release: async () => {} }

/**
 * Makes the next signing keys when it is time, in one process, and takes over in every process what another did to
 * them: no node has to be started anew for a key.
 */
export function startSigningKeys(parts: SigningKeysParts): Worker {
  const { keys, audit, random, log, followEveryMilliseconds: everyMilliseconds = FOLLOW_MILLISECONDS } = parts
  const followers = runEvery({
    ...parts,
    name: 'signing-keys-follow',
    leases: NO_LEASE,
    everyMilliseconds,
    task: () => keys.follow(),
  })
  const rotation = runEvery({
    ...parts,
    name: 'signing-keys',
    everyMilliseconds: Math.max(everyMilliseconds, ROTATE_MILLISECONDS),
    task: async () => {
      if (!(await keys.isRotationDue())) return
      const origin = systemOrigin('keys', 'scheduled', random)
      const rotated = await keys.rotate('overlap', rotationRecord(audit, origin))
      if (rotated.kind === 'rotated') log.info({ ...rotated }, 'signing keys rotated')
    },
  })
  return {
    async stop() {
      await followers.stop()
      await rotation.stop()
    },
  }
}

/** The record of a rotation, whoever asked for it. */
export function rotationRecord(audit: Pick<Audit, 'entry'>, origin: Origin): Parameters<Keys['rotate']>[1] {
  return ({ slots, activeAt, retiredAt }) =>
    audit.entry({
      ...origin,
      event: 'key.rotated',
      outcome: 'success',
      details: {
        slots: [...slots],
        activeAt: activeAt.toISOString(),
        formerRetiredAt: retiredAt.toISOString(),
      },
    })
}

/** The record of keys that were sealed anew under another master key. */
export function rewrapRecord(audit: Pick<Audit, 'entry'>, origin: Origin): Parameters<Keys['rewrap']>[0] {
  return ({ slots, masterKeyId }) =>
    audit.entry({
      ...origin,
      event: 'key.rewrapped',
      outcome: 'success',
      details: { slots: [...slots], under: masterKeyId },
    })
}
