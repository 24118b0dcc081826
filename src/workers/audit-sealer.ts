import { type ChainHead, formatHead, type SealParts, sealRecords } from '../domain/audit/index.ts'
import { addSeconds } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { type RunEveryParts, runEvery, type Worker } from './run-every.ts'

export interface AuditSealerParts
  extends Pick<RunEveryParts, 'leases' | 'holder' | 'clock'>,
    Pick<SealParts, 'store' | 'keys'> {
  readonly log: Pick<Log, 'info' | 'error'>
}

export interface AuditSealer extends Worker {
  /** The head that this process saw last; null before the first record was sealed. */
  head(): ChainHead | null
}

const EVERY_MILLISECONDS = 1000
const BATCH = 500
const HEAD_LOGGED_EVERY_SECONDS = 60

/**
 * Seals audit records into the chain, soon after they were written. It also tells the head to the log: a log that is
 * kept elsewhere then shows when the records, or the whole database, are put back to an older state.
 */
export function startAuditSealer(parts: AuditSealerParts): AuditSealer {
  const { clock, log } = parts
  let head: ChainHead | null = null
  let toldSequence = 0
  let tellAgainAt = clock.now()

  function tellHead(): void {
    if (!head || head.sequence === toldSequence) return
    log.info({ head: formatHead(head), sealedAt: head.sealedAt }, 'audit head')
    toldSequence = head.sequence
    tellAgainAt = addSeconds(clock.now(), HEAD_LOGGED_EVERY_SECONDS)
  }

  async function sealAll(signal: AbortSignal): Promise<void> {
    let sealed = BATCH
    while (sealed === BATCH && !signal.aborted) {
      const result = await sealRecords({ ...parts, limit: BATCH })
      sealed = result.sealed
      head = result.head
    }
    if (clock.now() >= tellAgainAt) tellHead()
  }

  const worker = runEvery({
    ...parts,
    name: 'audit-sealer',
    everyMilliseconds: EVERY_MILLISECONDS,
    task: sealAll,
  })
  return {
    head: () => head,
    async stop() {
      await worker.stop()
      tellHead()
    },
  }
}
