import { PassThrough } from 'node:stream'
import type { Log } from '../../lib/log.ts'

export interface ListenersParts {
  /** The newest cursor, whichever process wrote it. */
  readonly newest: () => Promise<string>
  readonly log: Pick<Log, 'warn'>
  readonly mostListeners?: number
}

export interface Listeners {
  /** A new stream of events, or null when there are as many as this node bears: who gets none polls. */
  open(): PassThrough | null
  /** Ends all streams, and opens no more. */
  close(): void
}

/** One small read of the store, only while somebody listens; the log has no other sign that crosses processes. */
const LOOK_EVERY_MS = 100
/** Followers take a stream for dead that says nothing for a minute, and so do many proxies. */
const COMMENT_EVERY_MS = 20_000
const MOST_LISTENERS = 2000
/** A listener who takes nothing of so many bytes is gone. */
const MOST_WAITING_BYTES = 16 * 1024

/** Server-sent events (HTML Living Standard §9.2) that say that something has died, and nothing of what. */
export function createListeners({ newest, log, mostListeners = MOST_LISTENERS }: ListenersParts): Listeners {
  const streams = new Set<PassThrough>()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let seen: string | null = null
  let quietMs = 0

  async function look(): Promise<void> {
    try {
      const now = await newest()
      quietMs += LOOK_EVERY_MS
      if (now !== seen) tell(`event: changed\ndata: ${now}\n\n`)
      else if (quietMs >= COMMENT_EVERY_MS) tell(': still here\n\n')
      seen = now
    } catch (error) {
      // Followers poll, and are told why their polls fail.
      log.warn({ err: error }, 'the log of what has died cannot be read')
    }
    timer = undefined
    lookLater()
  }

  function lookLater(): void {
    if (streams.size > 0 && !isClosed) timer ??= setTimeout(look, LOOK_EVERY_MS).unref()
  }

  function tell(what: string): void {
    quietMs = 0
    for (const stream of streams) {
      if (stream.writableLength > MOST_WAITING_BYTES) stream.destroy()
      else stream.write(what)
    }
  }

  return {
    open() {
      if (isClosed || streams.size >= mostListeners) return null
      const stream = new PassThrough()
      // Whoever comes first is woken once for nothing, never too late.
      if (streams.size === 0) seen = null
      streams.add(stream)
      stream.on('close', () => streams.delete(stream)).on('error', () => {})
      // At once, so that the listener knows that the stream is open.
      stream.write(': open\n\n')
      lookLater()
      return stream
    },
    close() {
      isClosed = true
      clearTimeout(timer)
      for (const stream of streams) stream.end()
    },
  }
}
