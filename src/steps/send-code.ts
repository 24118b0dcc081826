import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Channel, Messages, Price, Template } from '../domain/delivery/index.ts'
import type { Budget, Claimed, Limits } from '../domain/limits/index.ts'
import type { Challenge, ChallengeWrite, CodePolicy, IssuedCode, Otp, Purpose } from '../domain/otp/index.ts'
import { callingCodeOf } from '../lib/canonical.ts'
import { deviceOf } from '../lib/device.ts'
import type { AfterAnswer } from './after-answer.ts'

/** To whom a code goes, what for, and on whose word. */
export interface CodeRequest {
  readonly purpose: Purpose
  readonly channel: Channel
  /** Canonical contact. */
  readonly destination: string
  readonly policy: CodePolicy
  readonly clientName: string | null
  readonly language: string
  /**
   * Id of the type of account it is for: it may have wording of its own. Absent where nobody has proved or named
   * one yet: such a code is worded alike for all.
   */
  readonly userType?: string
  /**
   * `owner`: somebody who has proved the account's password. `stranger`: anybody; `known` says whether the contact
   * is a verified one of an account, whose owner is told instead: there is nobody to send a code to. A challenge is
   * stored all the same, so that guessing looks the same. `member`: somebody signed in who names a contact that is not
   * theirs yet; the code is bound to their account, and everything else is as for a stranger. `claimant`: anybody who
   * says who they are and has proved nothing; `accountId` is whom that means, if anybody. With a `refusal` no code may
   * be sent: then everything is written as for a code that is, but for a message that has expired before it could be
   * sent.
   */
  readonly by:
    | { readonly kind: 'owner'; readonly accountId: string }
    | { readonly kind: 'stranger'; readonly known: boolean }
    | { readonly kind: 'member'; readonly accountId: string; readonly known: boolean }
    | {
        readonly kind: 'claimant'
        readonly accountId: string | null
        /** For the audit alone. */
        readonly refusal: string | null
        /** Canonical form of what was typed, or null. */
        readonly identifier: string | null
        /** What pays where there is no destination: nobody's id is kept as one, people type passwords there too. */
        readonly payer?: string
        /** The secret of a device that the account is known on; null for any other. */
        readonly knownDevice: string | null
      }
    | { readonly kind: 'operator' }
}

export type SendResult =
  | { readonly ok: true; readonly challenge: Challenge }
  | { readonly ok: false; readonly reason: 'too-soon' | 'blocked' | 'dead' }
  /** The owner's own budget is spent; a stranger is never told. */
  | { readonly ok: false; readonly reason: 'over-budget'; readonly retryAt: Date }

export interface SendCodeParts {
  readonly otp: Otp
  readonly messages: Messages
  readonly limits: Limits
  readonly audit: Audit
  readonly afterAnswer: AfterAnswer
  /** Tells the queue's worker that something waits. */
  readonly wake: () => void
  /** For figures: called after every code that was not sent because a budget is spent. It must not throw. */
  readonly onBudgetSpent?: OnBudgetSpent
}

/** A budget that is spent, by name; nothing of whom the code was for. */
export interface BudgetSpent {
  readonly budget: Budget
  readonly channel: Channel
  /** Country calling code of a phone number, such as 91; null for email. */
  readonly callingCode: string | null
}

export type OnBudgetSpent = (spent: BudgetSpent) => void

export interface SendCode {
  /** Begins a chain with the challenge `id`: challenge, message, budget and record in one write. */
  start(id: string, request: CodeRequest, origin: Origin): Promise<SendResult>
  /** A new code in the place of the last one of the chain, by the same channel or another. */
  again(previous: Challenge, request: CodeRequest, origin: Origin): Promise<SendResult>
}

/** Past by the clock of every process, however far they are apart. */
const LONG_AGO = new Date(0)

export function createSendCode(parts: SendCodeParts): SendCode {
  const { otp, messages, limits, audit, afterAnswer, wake, onBudgetSpent } = parts

  const chainOf = (request: CodeRequest) => ({
    purpose: request.purpose,
    accountId: refusalOf(request) === null ? accountOf(request) : null,
    channel: request.channel,
    destination: request.destination,
    policy: request.policy,
    decoy: refusalOf(request) !== null,
  })

  function compose(event: 'code.sent' | 'code.resent', request: CodeRequest, origin: Origin) {
    return async ({ challenge, code }: IssuedCode): Promise<ChallengeWrite> => {
      const template = templateOf(request)
      const refusal = refusalOf(request)
      const entry = await audit.entry({
        ...aboutOf(request, origin),
        event: refusal === null ? event : 'code.withheld',
        outcome: refusal === null ? 'success' : 'failure',
        reason: refusal ?? (template === 'code' ? null : template),
        details: { challengeId: challenge.id, purpose: request.purpose, reference: challenge.reference },
      })
      const message = messages.compose({
        channel: request.channel,
        to: request.destination,
        template,
        language: request.language,
        ...(request.userType !== undefined && template === 'code' && { userType: request.userType }),
        model: template === 'code' ? codeModel(request, challenge, code, origin) : {},
        // One that has expired is never sent; it takes its place and its price like any other.
        expiresAt: refusal === null ? challenge.expiresAt : LONG_AGO,
        challengeId: challenge.id,
      })
      return { audit: [entry], messages: [{ ...message, ...priceOf(request, origin) }] }
    }
  }

  /** A spent budget answers a stranger as any other page would; an owner hears when it goes on. */
  function priceOf(request: CodeRequest, { ip }: Origin): { price?: Price } {
    const { by, destination } = request
    if (by.kind === 'operator') return {}
    if (by.kind === 'owner')
      return { price: { takes: limits.ownersPrice(by.accountId), whenSpent: 'refuse' } }
    const send = { destination, callingCode: prefixOf(request), ip }
    if (by.kind === 'claimant') {
      const payer = destination === '' ? (by.payer ?? '') : destination
      const claim = { claimed: claimedBy(by), knownDevice: by.knownDevice }
      const takes = limits.claimPrice({ ...send, destination: payer }, claim)
      return { price: { takes, whenSpent: 'drop' } }
    }
    const accountId = by.kind === 'member' ? by.accountId : null
    const takes = limits.newContactPrice(send, { accountId, notice: by.known ? 'known-contact' : null })
    return { price: { takes, whenSpent: 'drop' } }
  }

  /** Whether a message waits or was dropped may say who has an account: nothing follows from it before the answer. */
  function settle({ queued, spent }: Sent, request: CodeRequest, origin: Origin): void {
    if (queued) {
      afterAnswer.run('queued messages are not looked for', wake)
      return
    }
    const reason = 'budget-spent'
    const callingCode = prefixOf(request)
    if (spent) onBudgetSpent?.({ budget: spent, channel: request.channel, callingCode })
    afterAnswer.run('a code that was not sent is not recorded', () =>
      audit.record({
        ...aboutOf(request, origin),
        event: 'code.send-refused',
        outcome: 'failure',
        reason,
        ...(spent && { details: { budget: spent, ...(callingCode !== null && { callingCode }) } }),
      }),
    )
  }

  /** Only what an owner asks for is refused aloud; that has the budget of the account alone. */
  const ownersBudgetSpent = (request: CodeRequest, origin: Origin) =>
    settle({ queued: false, spent: 'account' }, request, origin)

  return {
    async start(id, request, origin) {
      const result = await otp.start({ ...chainOf(request), id }, compose('code.sent', request, origin))
      if (result.ok) settle(result, request, origin)
      else ownersBudgetSpent(request, origin)
      return result
    },
    async again(previous, request, origin) {
      const result = await otp.resend(previous, chainOf(request), compose('code.resent', request, origin))
      if (result.ok) {
        settle(result, request, origin)
        return result
      }
      const { reason } = result
      if (reason === 'over-budget') {
        ownersBudgetSpent(request, origin)
        return { ok: false, reason, retryAt: result.retryAt }
      }
      await audit.record({
        ...aboutOf(request, origin),
        event: 'code.send-refused',
        outcome: 'failure',
        reason,
      })
      return { ok: false, reason: reason === 'no-attempts-left' ? 'blocked' : reason }
    },
  }
}

interface Sent {
  readonly queued: boolean
  readonly spent?: Budget
}

function prefixOf({ channel, destination }: CodeRequest): string | null {
  return channel === 'sms' ? callingCodeOf(destination) : null
}

function accountOf({ by }: CodeRequest): string | null {
  return 'accountId' in by ? by.accountId : null
}

function refusalOf({ by }: CodeRequest): string | null {
  return by.kind === 'claimant' ? by.refusal : null
}

function claimedBy({ accountId, refusal }: Extract<CodeRequest['by'], { kind: 'claimant' }>): Claimed {
  if (refusal !== null) return 'nobody'
  return accountId === null ? 'unknown' : 'known'
}

function templateOf({ by }: CodeRequest): Template {
  return 'known' in by && by.known ? 'known-contact' : 'code'
}

function aboutOf(request: CodeRequest, origin: Origin) {
  const accountId = accountOf(request)
  return {
    ...origin,
    subject: accountId === null ? null : ({ kind: 'account', id: accountId } as const),
    factor: request.channel,
    ...(request.by.kind === 'claimant' && { isClaim: true, identifier: request.by.identifier }),
  }
}

function codeModel(request: CodeRequest, challenge: Challenge, code: string, origin: Origin) {
  return {
    code,
    reference: challenge.reference,
    purpose: request.purpose,
    lifetimeSeconds: request.policy.lifetimeSeconds,
    clientName: request.clientName,
    askedAt: challenge.createdAt.toISOString(),
    device: deviceOf(origin.userAgent),
  }
}
