import type { DatabaseSync } from 'node:sqlite'
import { Unavailable } from '../../lib/errors.ts'
import { SQLITE, sqliteCode, toAppError } from './sqlite-errors.ts'

/** More than this never share a transaction, so that reading and answering get their turn in between. */
const GROUP_LIMIT = 128

interface Waiting {
  /** Makes the change; answers what tells its caller, to be called once the change is durable. */
  readonly change: () => () => void
  readonly fail: (error: unknown) => void
}

export interface GroupCommit {
  write<T>(change: () => T): Promise<T>
  /** Commits what waits and refuses what comes later. */
  finish(): void
}

/**
 * After a commit the next one waits so long, so that under load more writes share it: an fsync costs as much as
 * several requests. A write that arrives at rest does not wait.
 */
const REST_MS = 1

/**
 * Another process writes for less than a millisecond, as a rule. Inside SQLite we wait no longer than this, since
 * nothing else runs meanwhile; should the lock be held, we try again from the event loop, and everything that needs
 * no write goes on.
 */
const LOCK_WAIT_MS = 5
const TRY_AGAIN_MS = 20
const MOST_TRIES = 200

/**
 * Writes that arrive together share one transaction, and so one fsync. Nobody is told of anything before COMMIT has
 * returned; when it fails, all are told that nothing happened.
 */
export function createGroupCommit(connection: DatabaseSync): GroupCommit {
  connection.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`)
  const commitGroup = prepareTransaction(connection)
  const waiting: Waiting[] = []
  let scheduled = false
  let resting = false
  let finished = false
  let tries = 0

  function write<T>(change: () => T): Promise<T> {
    if (finished) return Promise.reject(new Unavailable('store: closed'))
    return new Promise<T>((resolve, reject) => {
      const changeThenTell = () => {
        const value = change()
        return () => resolve(value)
      }
      waiting.push({ change: changeThenTell, fail: reject })
      schedule()
    })
  }

  function schedule(): void {
    if (scheduled || resting) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      restFor(commitNext() === 'locked' ? TRY_AGAIN_MS : REST_MS)
    })
  }

  function restFor(ms: number): void {
    resting = true
    setTimeout(() => {
      resting = false
      if (waiting.length > 0) schedule()
    }, ms)
  }

  function commitNext(): 'done' | 'locked' {
    const group = waiting.splice(0, GROUP_LIMIT)
    if (group.length === 0) return 'done'
    tries += 1
    const outcome = commitGroup(group, tries >= MOST_TRIES)
    if (outcome === 'locked') waiting.unshift(...group)
    else tries = 0
    return outcome
  }

  return {
    write,
    finish: () => {
      finished = true
      // Nothing else is left to run: what waits may wait inside SQLite.
      connection.exec(`PRAGMA busy_timeout = ${TRY_AGAIN_MS}`)
      while (waiting.length > 0) commitNext()
    },
  }
}

/**
 * One transaction for a group. First without savepoints, which nearly always goes well; when a change throws, all is
 * undone and done again with a savepoint for each, so that the one that throws is undone alone. A change may
 * therefore run twice, and does nothing but read and write this connection.
 */
function prepareTransaction(
  connection: DatabaseSync,
): (group: readonly Waiting[], isLastTry: boolean) => 'done' | 'locked' {
  const begin = connection.prepare('BEGIN IMMEDIATE')
  const commit = connection.prepare('COMMIT')
  const rollback = connection.prepare('ROLLBACK')
  const savepoint = connection.prepare('SAVEPOINT change')
  const undo = connection.prepare('ROLLBACK TO change')
  const release = connection.prepare('RELEASE change')

  function inSavepoint({ change, fail }: Waiting): () => void {
    savepoint.run()
    try {
      const tell = change()
      release.run()
      return tell
    } catch (error) {
      // After FULL, IOERR and the like SQLite may have undone all (sqlite.org/lang_transaction.html §3.1).
      if (!connection.isTransaction) throw error
      undo.run()
      release.run()
      return () => fail(toAppError(error))
    }
  }

  /** A read must never see what was not committed. Should this fail too, the next BEGIN says so and comes here. */
  function leaveTransaction(): void {
    try {
      if (connection.isTransaction) rollback.run()
    } catch {
      return
    }
  }

  function inOneGo(group: readonly Waiting[]): (() => void)[] | null {
    try {
      return group.map(({ change }) => change())
    } catch {
      leaveTransaction()
      begin.run()
      return null
    }
  }

  return (group, isLastTry) => {
    try {
      begin.run()
    } catch (error) {
      leaveTransaction()
      if (!isLastTry && sqliteCode(error) === SQLITE.BUSY) return 'locked'
      for (const { fail } of group) fail(toAppError(error))
      return 'done'
    }
    try {
      const tellings = inOneGo(group) ?? group.map(inSavepoint)
      commit.run()
      for (const tell of tellings) tell()
    } catch (error) {
      leaveTransaction()
      for (const { fail } of group) fail(toAppError(error))
    }
    return 'done'
  }
}
