import { addSeconds, type Clock } from '../../lib/clock.ts'
import { equalBytes, hmac } from '../../lib/hash.ts'
import { newId, type Random, randomDigits, randomReference } from '../../lib/ids.ts'
import type { AuditEntry } from '../audit/index.ts'
import type { Channel } from '../delivery/index.ts'
import type { Budget } from '../limits/index.ts'
import type {
  Challenge,
  ChallengeStore,
  ChallengeWrite,
  Purpose,
  SupersedeResult,
} from './challenge-store.ts'

/** A pepper: a key that is never in the database in the clear. The first makes MACs, all verify. */
export interface Pepper {
  readonly id: string
  readonly key: Uint8Array
}

/** How codes of one kind are made. Durations in seconds; `attempts` are for the whole chain. */
export interface CodePolicy {
  readonly digits: number
  readonly lifetimeSeconds: number
  readonly resendSeconds: number
  readonly attempts: number
}

export interface NewChain {
  /** Of the first challenge; from `newId`, so that a journey can note it before anything is sent. */
  readonly id?: string
  readonly purpose: Purpose
  readonly accountId: string | null
  readonly channel: Channel
  readonly destination: string
  readonly policy: CodePolicy
  /** There is nobody to send to: no code opens it, and guessing looks the same. */
  readonly decoy?: boolean
}

/** A challenge and the code that opens it; the code leaves this room in this value only. */
export interface IssuedCode {
  readonly challenge: Challenge
  readonly code: string
}

/** Says what goes into the same write: the message that carries the code, the audit record. */
export type Compose = (issued: IssuedCode) => Promise<ChallengeWrite>

export type VerifyResult =
  | { readonly ok: true; readonly challenge: Challenge }
  | { readonly ok: false; readonly reason: 'wrong-code'; readonly attemptsLeft: number }
  | { readonly ok: false; readonly reason: 'code-dead' }
  | { readonly ok: false; readonly reason: 'too-many-attempts' }

/** What a code must have been made for. */
export interface Expected {
  readonly purpose: Purpose
  readonly accountId: string | null
  readonly destination: string
}

/** `queued` is false when the message could not be paid for and was dropped. */
export type StartResult =
  | { readonly ok: true; readonly challenge: Challenge; readonly queued: boolean; readonly spent?: Budget }
  | { readonly ok: false; readonly reason: 'over-budget'; readonly retryAt: Date }

export interface Otp {
  /** Begins a chain with its first code. */
  start(chain: NewChain, compose: Compose): Promise<StartResult>
  /** Puts a new code in the place of `previous`, by the same channel or another, with the attempts left. */
  resend(previous: Challenge, next: NewChain, compose: Compose): Promise<SupersedeResult>
  /** An id for a chain that is about to begin. */
  newId(): string
  find(id: string): Promise<Challenge | null>
  /** Accepts a code at most once. `onVerified` makes the records that are written with the acceptance. */
  verify(
    id: string,
    code: string,
    expected: Expected,
    onVerified: (challenge: Challenge) => Promise<readonly AuditEntry[]>,
  ): Promise<VerifyResult>
}

export interface OtpParts {
  readonly challenges: ChallengeStore
  readonly peppers: readonly [Pepper, ...Pepper[]]
  readonly clock: Clock
  readonly random: Random
}

const LONGEST_RESEND_SECONDS = 600

/** Seconds until the next code of a chain may be sent: doubled with each, so a chain cannot ring a phone all day. */
export function resendPause(resendSeconds: number, sends: number): number {
  return Math.max(resendSeconds, Math.min(resendSeconds * 2 ** (sends - 1), LONGEST_RESEND_SECONDS))
}

export function createOtp({ challenges, peppers, clock, random }: OtpParts): Otp {
  /** security.md rule 2: bound to purpose, account, destination and challenge, so a code opens nothing else. */
  function macOf(pepper: Pepper, id: string, bound: Expected, code: string): Buffer {
    return hmac(pepper.key, bound.purpose, bound.accountId ?? '', bound.destination, id, code)
  }

  function issue(chain: NewChain, chainId: string, sends: number, attemptsLeft: number): IssuedCode {
    const id = chain.id ?? newId('chl', random)
    const code = randomDigits(chain.policy.digits, random)
    const now = clock.now()
    const mac = macOf(peppers[0], id, chain, code)
    const challenge: Challenge = {
      id,
      chainId,
      purpose: chain.purpose,
      accountId: chain.accountId,
      channel: chain.channel,
      destination: chain.destination,
      codeMac: chain.decoy ? random.bytes(mac.byteLength) : mac,
      pepperId: peppers[0].id,
      reference: randomReference(random),
      digits: chain.policy.digits,
      createdAt: now,
      expiresAt: addSeconds(now, chain.policy.lifetimeSeconds),
      resendAt: addSeconds(now, resendPause(chain.policy.resendSeconds, sends)),
      sends,
      attemptsLeft,
      status: 'pending',
    }
    return { challenge, code }
  }

  return {
    async start(chain, compose) {
      const issued = issue(chain, newId('chn', random), 1, chain.policy.attempts)
      const queued = await challenges.insert(issued.challenge, await compose(issued))
      return queued.ok ? { ...queued, challenge: issued.challenge } : queued
    },

    async resend(previous, next, compose) {
      const issued = issue(next, previous.chainId, previous.sends + 1, previous.attemptsLeft)
      return challenges.supersede(previous.id, issued.challenge, await compose(issued), clock.now())
    },

    newId: () => newId('chl', random),
    find: (id) => challenges.find(id),

    async verify(id, code, expected, onVerified) {
      // Spent before it is looked at, and committed on its own: parallel guesses cannot share one attempt.
      const reserved = await challenges.reserveAttempt(id, clock.now())
      if (!reserved.ok) {
        return {
          ok: false,
          reason: reserved.reason === 'no-attempts-left' ? 'too-many-attempts' : 'code-dead',
        }
      }
      const { challenge } = reserved
      const pepper = peppers.find((one) => one.id === challenge.pepperId)
      const right = pepper !== undefined && equalBytes(macOf(pepper, id, expected, code), challenge.codeMac)
      if (!right) return { ok: false, reason: 'wrong-code', attemptsLeft: challenge.attemptsLeft }
      const won = await challenges.consume(id, clock.now(), await onVerified(challenge))
      return won ? { ok: true, challenge } : { ok: false, reason: 'code-dead' }
    },
  }
}
