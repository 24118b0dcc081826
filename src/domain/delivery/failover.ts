import { type Breaker, createBreaker } from '../../lib/breaker.ts'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/ids.ts'
import type { Channel } from './message-store.ts'
import type { OutgoingMessage, Sender, SendOutcome, TryElsewhere } from './sender.ts'

export type Senders = Readonly<Record<Channel, readonly Sender[]>>

/** What came of a message after every provider that may have it was asked. */
export type Delivered =
  | { readonly kind: 'handed-over'; readonly provider: string }
  | { readonly kind: 'never'; readonly reason: string }
  /** Nobody has it; later somebody may take it. */
  | { readonly kind: 'later'; readonly reason: string; readonly unsure: readonly string[] }
  /** Every provider may have it, and none may be asked again: it could arrive twice. */
  | { readonly kind: 'unsure'; readonly reason: string }
  /** Another process holds the message by now. */
  | { readonly kind: 'lost' }

export interface Handing {
  readonly message: OutgoingMessage
  /** Providers that may have it from before. */
  readonly unsure: readonly string[]
  /** Notes who may have it from now on, before anybody is asked; false: it is no longer ours to send. */
  note(unsure: readonly string[]): Promise<boolean>
}

/** `probing`: it was down, and one message may try. */
export type ChannelState = 'up' | 'probing' | 'down'

export interface Failover {
  deliver(handing: Handing): Promise<Delivered>
  stateOf(channel: Channel): ChannelState
  /** Providers that are left alone for now, as `sms:twilio`. */
  down(): string[]
  close(): void
}

export interface FailoverParts {
  readonly senders: Senders
  readonly clock: Clock
  readonly random: Random
  /** Waits between two tries. */
  readonly pause: (milliseconds: number) => Promise<void>
  /** Told of every try. */
  readonly onOutcome: (channel: Channel, provider: string, outcome: SendOutcome['kind']) => void
  readonly failures: number
  readonly openSeconds: number
}

/** So long a provider may ask to be left alone before its message tries again there; else the next one has it. */
const LONGEST_RETRY_SECONDS = 1
const SHORTEST_JITTER_MS = 100
const LONGEST_JITTER_MS = 400
/** Whatever Retry-After says: nobody keeps us away for a day. */
const LONGEST_REST_SECONDS = 120

interface Carrier {
  readonly sender: Sender
  readonly breaker: Breaker
  restsUntil: Date | null
}

/**
 * Providers of a channel in their order: one try, one more after a moment where that cannot make two messages, then
 * the next provider. One that fails again and again is left alone for a while (security.md, failures).
 */
export function createFailover(parts: FailoverParts): Failover {
  const { senders, clock, random, pause, onOutcome, failures, openSeconds } = parts
  const asCarrier = (sender: Sender): Carrier => ({
    sender,
    breaker: createBreaker({ failures, openSeconds, clock }),
    restsUntil: null,
  })
  const carriers: Readonly<Record<Channel, readonly Carrier[]>> = {
    sms: senders.sms.map(asCarrier),
    email: senders.email.map(asCarrier),
  }

  function stateOfCarrier({ breaker, restsUntil }: Carrier): ChannelState {
    return restsUntil !== null && isResting(restsUntil) ? 'down' : breaker.state()
  }

  /** Longer than anybody may rest: the clock was put back, and the old time is not waited for. */
  function isResting(until: Date): boolean {
    const now = clock.now()
    return now < until && until <= addSeconds(now, LONGEST_REST_SECONDS)
  }

  async function tryOnce(carrier: Carrier, message: OutgoingMessage): Promise<SendOutcome | null> {
    const { sender, breaker } = carrier
    if (stateOfCarrier(carrier) === 'down') return null
    const pass = breaker.pass()
    if (pass === null) return null
    const outcome = await sender.send(message)
    onOutcome(message.channel, sender.name, outcome.kind)
    if (outcome.kind !== 'try-elsewhere' || outcome.blames === 'message') {
      pass.succeeded()
      return outcome
    }
    pass.failed()
    const { retryAfterSeconds } = outcome
    if (retryAfterSeconds !== null) {
      carrier.restsUntil = addSeconds(clock.now(), Math.min(retryAfterSeconds, LONGEST_REST_SECONDS))
    }
    return outcome
  }

  async function tryTwice(carrier: Carrier, message: OutgoingMessage): Promise<SendOutcome | null> {
    const first = await tryOnce(carrier, message)
    if (first === null || !mayRepeat(carrier.sender, first)) return first
    const jitter = SHORTEST_JITTER_MS + random.below(LONGEST_JITTER_MS - SHORTEST_JITTER_MS)
    await pause((first.retryAfterSeconds ?? 0) * 1000 + jitter)
    const second = await tryOnce(carrier, message)
    if (second?.kind !== 'try-elsewhere') return second ?? first
    // What the first try left open, the second does not settle.
    return { ...second, certain: first.certain && second.certain }
  }

  return {
    async deliver({ message, unsure: before, note }) {
      const unsure = new Set(before)
      const reasons: string[] = []
      for (const carrier of carriers[message.channel]) {
        const { name, repeatable } = carrier.sender
        if (clock.now() >= message.expiresAt) break
        if (!repeatable && unsure.has(name)) {
          reasons.push(`${name}: may have it`)
          continue
        }
        if (stateOfCarrier(carrier) === 'down') {
          reasons.push(`${name}: left alone for now`)
          continue
        }
        // After a crash in the middle this is all that is known of the try.
        if (!repeatable && !(await note([...unsure, name]))) return { kind: 'lost' }
        const outcome = await tryTwice(carrier, message)
        if (outcome?.kind === 'handed-over') return { kind: 'handed-over', provider: name }
        if (outcome?.kind === 'never') return { kind: 'never', reason: `${name}: ${outcome.reason}` }
        if (outcome !== null && !outcome.certain && !repeatable) unsure.add(name)
        reasons.push(`${name}: ${outcome?.reason ?? 'left alone for now'}`)
      }
      const reason = reasons.join('; ') || 'no provider for this channel'
      const isForNobody = carriers[message.channel].every(
        ({ sender }) => !sender.repeatable && unsure.has(sender.name),
      )
      if (isForNobody && carriers[message.channel].length > 0) return { kind: 'unsure', reason }
      return { kind: 'later', reason, unsure: [...unsure] }
    },

    stateOf(channel) {
      const states = carriers[channel].map(stateOfCarrier)
      if (states.includes('up')) return 'up'
      return states.includes('probing') ? 'probing' : 'down'
    },

    down: () =>
      (['sms', 'email'] as const).flatMap((channel) =>
        carriers[channel]
          .filter((carrier) => stateOfCarrier(carrier) !== 'up')
          .map(({ sender }) => `${channel}:${sender.name}`),
      ),

    close() {
      for (const { sender } of [...carriers.sms, ...carriers.email]) sender.close()
    },
  }
}

/** A second try must not be able to make a second message. */
function mayRepeat(sender: Sender, outcome: SendOutcome): outcome is TryElsewhere {
  return (
    outcome.kind === 'try-elsewhere' &&
    outcome.blames === 'provider' &&
    (outcome.certain || sender.repeatable) &&
    (outcome.retryAfterSeconds ?? 0) <= LONGEST_RETRY_SECONDS
  )
}
