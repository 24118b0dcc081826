import { equalBytes } from '../../lib/hash.ts'
import { type AuditKeys, headKeys } from './audit-keys.ts'
import type { AuditStore, ChainHead, SealedEntry } from './audit-store.ts'
import { GENESIS, hashOf, isGenuine } from './chain.ts'

/** What is wrong with a chain. */
export type ChainProblem =
  /** The record was changed, moved or put in: it is not what was sealed at this place. */
  | { readonly kind: 'not-what-was-sealed'; readonly sequence: number; readonly id: string }
  /** Records were taken out. */
  | { readonly kind: 'missing'; readonly from: number; readonly to: number }
  /** The end was cut off: the signed head says more than there is. */
  | { readonly kind: 'cut-off'; readonly from: number; readonly to: number }
  /** Records have a place after the signed head. */
  | { readonly kind: 'after-head'; readonly from: number; readonly to: number }
  | { readonly kind: 'head-missing' }
  | { readonly kind: 'head-forged' }
  /** The last record is not the one that the head was signed for. */
  | { readonly kind: 'head-of-another-chain' }
  /** A head that was kept outside is no part of this chain. */
  | { readonly kind: 'kept-head-not-in-chain'; readonly sequence: number }

export interface VerifyReport {
  readonly ok: boolean
  /** Records in the chain that were checked. */
  readonly records: number
  /** Records that wait for their place; nothing can be said of them. */
  readonly unsealed: number
  readonly head: ChainHead | null
  /** The first 100, in the order of the chain. */
  readonly problems: readonly ChainProblem[]
  readonly problemCount: number
}

export interface VerifyParts {
  readonly store: Pick<AuditStore, 'head' | 'listSealed' | 'countUnsealed'>
  readonly keys: AuditKeys
  /** A head that was kept elsewhere; only it shows that a whole database was put back to an older state. */
  readonly kept: Pick<ChainHead, 'sequence' | 'hash'> | null
}

const PAGE = 500
const MOST_PROBLEMS = 100

/** Walks the whole chain, a page at a time; records that are sealed meanwhile are checked too. */
export async function verifyRecords({ store, keys, kept }: VerifyParts): Promise<VerifyReport> {
  const walk = createWalk(kept)
  let head: ChainHead | null
  do {
    for (;;) {
      const page = await store.listSealed(walk.last(), PAGE)
      if (page.length === 0) break
      for (const record of page) walk.step(record)
    }
    // Read after the walk: a head never stands behind the records that were there before.
    head = await store.head()
  } while (head && head.sequence > walk.last() && (await store.listSealed(walk.last(), 1)).length > 0)
  walk.end(head, head !== null && isGenuine(headKeys(keys), head))
  return {
    ok: walk.problemCount() === 0,
    records: walk.records(),
    unsealed: await store.countUnsealed(),
    head,
    problems: walk.problems,
    problemCount: walk.problemCount(),
  }
}

function createWalk(kept: VerifyParts['kept']) {
  const problems: ChainProblem[] = []
  let problemCount = 0
  let records = 0
  let last = 0
  let hash: Uint8Array | null = GENESIS
  let keptSeen = kept === null

  function note(problem: ChainProblem): void {
    problemCount += 1
    if (problems.length < MOST_PROBLEMS) problems.push(problem)
  }

  return {
    problems,
    problemCount: () => problemCount,
    records: () => records,
    last: () => last,

    step(record: SealedEntry): void {
      records += 1
      if (record.sequence > last + 1) {
        note({ kind: 'missing', from: last + 1, to: record.sequence - 1 })
        // What stood before it is gone, so its own hash is all there is to go on from.
        hash = null
      }
      const fits = hash === null || equalBytes(hashOf(hash, record.sequence, record), record.hash)
      if (!fits) note({ kind: 'not-what-was-sealed', sequence: record.sequence, id: record.id })
      if (kept?.sequence === record.sequence && equalBytes(kept.hash, record.hash)) keptSeen = true
      // From the stored hash on, so that one changed record is one problem and not all that follow it.
      hash = record.hash
      last = record.sequence
    },

    end(head: ChainHead | null, genuine: boolean): void {
      if (!head && last > 0) note({ kind: 'head-missing' })
      if (head && !genuine) note({ kind: 'head-forged' })
      if (head && head.sequence > last) note({ kind: 'cut-off', from: last + 1, to: head.sequence })
      if (head && head.sequence < last) note({ kind: 'after-head', from: head.sequence + 1, to: last })
      if (head?.sequence === last && hash && !equalBytes(hash, head.hash))
        note({ kind: 'head-of-another-chain' })
      if (kept && !keptSeen) note({ kind: 'kept-head-not-in-chain', sequence: kept.sequence })
    },
  }
}
