import { PassThrough } from 'node:stream'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'

export interface ListenersParts {
  /** The newest cursor, whichever process wrote it. */
  readonly newest: () => Promise<string>
  readonly log: Pick<Log, 'warn'>
  readonly clock: Clock
  readonly mostListeners?: number
  readonly mostOfOneNetwork?: number
}

export interface Listeners {
  /** A new stream of events, or null when this node or this network has as many as it may: who gets none polls. */
  open(network: string): PassThrough | null
  /** Ends all streams, and opens no more. */
  close(): void
}

/** One small read of the store, only while somebody listens; the log has no other sign that crosses processes. */
const LOOK_EVERY_MS = 100
/** Followers take a stream for dead that says nothing for a minute, and so do many proxies. */
const COMMENT_EVERY_MS = 20_000
const MOST_LISTENERS = 2000
/** Anybody may listen: one caller must not take the streams of all. */
const MOST_OF_ONE_NETWORK = 200
/** A listener who takes nothing of so many bytes is gone. */
const MOST_WAITING_BYTES = 16 * 1024

/** Server-sent events (HTML Living Standard §9.2) that say that something has died, and nothing of what. */
export function createListeners(parts: ListenersParts): Listeners {
  const { newest, log, clock, mostListeners = MOST_LISTENERS, mostOfOneNetwork = MOST_OF_ONE_NETWORK } = parts
  const streams = new Set<PassThrough>()
  const perNetwork = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  let seen: string | null = null
  let toldAt = clock.now()

  async function look(): Promise<void> {
    try {
      const now = await newest()
      if (now !== seen) tell(`event: changed\ndata: ${now}\n\n`)
      else if (quietMs() >= COMMENT_EVERY_MS) tell(': still here\n\n')
      seen = now
    } catch (error) {
      // Followers poll, and are told why their polls fail.
      log.warn({ err: error }, 'the log of what has died cannot be read')
    }
    timer = undefined
    lookLater()
  }

  /** By the clock: a store that is slow must not keep us from saying that we are there. */
  function quietMs(): number {
    return Math.abs(clock.now().getTime() - toldAt.getTime())
  }

  function lookLater(): void {
    if (streams.size > 0 && !isClosed) timer ??= setTimeout(look, LOOK_EVERY_MS).unref()
  }

  function tell(what: string): void {
    toldAt = clock.now()
    for (const stream of streams) {
      if (stream.writableLength > MOST_WAITING_BYTES) stream.destroy()
      else stream.write(what)
    }
  }

  /** How many streams one network has, after this one came or went. */
  function count(network: string, change: 1 | -1): void {
    const now = (perNetwork.get(network) ?? 0) + change
    if (now === 0) perNetwork.delete(network)
    else perNetwork.set(network, now)
  }

  return {
    open(network) {
      if (isClosed || streams.size >= mostListeners) return null
      if ((perNetwork.get(network) ?? 0) >= mostOfOneNetwork) return null
      const stream = new PassThrough()
      // Whoever comes first is woken once for nothing, never too late.
      if (streams.size === 0) seen = null
      streams.add(stream)
      count(network, 1)
      stream.once('close', () => {
        streams.delete(stream)
        count(network, -1)
      })
      stream.on('error', () => {})
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
