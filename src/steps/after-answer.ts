import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'

/** What whoever asks need not wait for, and must not be able to tell by the time of the answer. */
export interface AfterAnswer {
  /** Does `work` a little later. It may fail: that is logged, as `what`. */
  run(what: string, work: () => void | Promise<void>): void
  /** Does at once what still waits, and ends when it is done. */
  finish(): Promise<void>
}

/**
 * Whether there is something to do says who has an account (security.md rule 5). The answer, and the page that a browser
 * asks for next, are out before it begins; and it begins at a moment that nobody can foretell, so that a request which
 * meets it says nothing either. A person who waits for a code does not notice.
 */
const FROM_MS = 20
const TO_MS = 60

export function createAfterAnswer(random: Random, log: Log): AfterAnswer {
  /** Begins it, by what does so now. */
  const waiting = new Set<() => void>()
  const undone = new Set<Promise<void>>()

  function pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(begin, FROM_MS + random.below(TO_MS - FROM_MS))
    function begin() {
      clearTimeout(timer)
      waiting.delete(begin)
      resolve()
    }
    waiting.add(begin)
    return promise
  }

  return {
    run(what, work) {
      const done = pause()
        .then(work)
        .catch((err: unknown) => log.error({ err }, what))
        .finally(() => undone.delete(done))
      undone.add(done)
    },
    async finish() {
      for (const begin of [...waiting]) begin()
      await Promise.all(undone)
    },
  }
}
