import type { Dead, RevocationStore } from '../domain/revocations/index.ts'
import type { DeadRoot, LogoutNoticeStore, LogoutNotices } from '../oidc/index.ts'
import { type RunEveryParts, runEvery, type Worker } from './run-every.ts'

export interface LogoutFollowerParts extends Pick<RunEveryParts, 'leases' | 'holder' | 'clock' | 'log'> {
  readonly revocations: Pick<RevocationStore, 'listDead'>
  readonly store: Pick<LogoutNoticeStore, 'followedTo' | 'follow'>
  readonly notices: Pick<LogoutNotices, 'followUp'>
  /** Something may wait to be sent. */
  readonly onQueued: () => void
}

const EVERY_MILLISECONDS = 500
const BATCH = 100

/**
 * Reads the log of what has died from where it stopped, whichever process wrote it, and follows up what ended sessions
 * and grants. The place moves on after the work: a process that dies in between leaves it to the next, which tells
 * nobody twice.
 */
export function startLogoutFollower(parts: LogoutFollowerParts): Worker {
  const { revocations, store, notices, onQueued } = parts

  /** False when it was told to end before it was done. */
  async function followUp(dead: Dead, signal: AbortSignal): Promise<boolean> {
    const root = rootOf(dead)
    let more = root !== null
    while (root !== null && more) {
      if (signal.aborted) return false
      more = await notices.followUp(root, dead.at)
      onQueued()
    }
    return true
  }

  /** Up to where it came. */
  async function followAll(lines: readonly Dead[], from: number, signal: AbortSignal): Promise<number> {
    let to = from
    for (const dead of lines) {
      if (!(await followUp(dead, signal))) break
      to = dead.cursor
    }
    return to
  }

  return runEvery({
    ...parts,
    name: 'logout-follower',
    everyMilliseconds: EVERY_MILLISECONDS,
    task: async (signal) => {
      while (!signal.aborted) {
        const from = await store.followedTo()
        const lines = await revocations.listDead(from, BATCH)
        const to = await followAll(lines, from, signal)
        // Lost where another process has the lease now, and has gone on.
        const isOurs = to > from && (await store.follow(from, to))
        if (!isOurs || lines.length < BATCH) return
      }
    },
  })
}

/** What takes artifacts with it; roles and types change nothing about who is signed in. */
function rootOf({ kind, id, signInGeneration }: Dead): DeadRoot | null {
  switch (kind) {
    case 'account':
    case 'client':
      return signInGeneration === null ? null : { kind, id }
    case 'session':
    case 'grant':
      return { kind, id }
    case 'user-type':
    case 'token':
    case 'everything':
      return null
  }
}
