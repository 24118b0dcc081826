import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Channel, Messages, Price, Template } from '../domain/delivery/index.ts'
import type { Limits } from '../domain/limits/index.ts'
import type { Challenge, ChallengeWrite, CodePolicy, IssuedCode, Otp, Purpose } from '../domain/otp/index.ts'
import { callingCodeOf } from '../lib/canonical.ts'
import { deviceOf } from '../lib/device.ts'

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
   * `owner`: somebody who has proved the account's password. `stranger`: anybody; `known` says whether the contact
   * is a verified one of an account, whose owner is told instead: there is nobody to send a code to. A challenge is
   * stored all the same, so that guessing looks the same.
   */
  readonly by:
    | { readonly kind: 'owner'; readonly accountId: string }
    | { readonly kind: 'stranger'; readonly known: boolean }
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
  /** Tells the queue's worker that something waits. */
  readonly wake: () => void
}

export interface SendCode {
  /** Begins a chain with the challenge `id`: challenge, message, budget and record in one write. */
  start(id: string, request: CodeRequest, origin: Origin): Promise<SendResult>
  /** A new code in the place of the last one of the chain, by the same channel or another. */
  again(previous: Challenge, request: CodeRequest, origin: Origin): Promise<SendResult>
}

export function createSendCode({ otp, messages, limits, audit, wake }: SendCodeParts): SendCode {
  const chainOf = (request: CodeRequest) => ({
    purpose: request.purpose,
    accountId: accountOf(request),
    channel: request.channel,
    destination: request.destination,
    policy: request.policy,
  })

  function compose(event: 'code.sent' | 'code.resent', request: CodeRequest, origin: Origin) {
    return async ({ challenge, code }: IssuedCode): Promise<ChallengeWrite> => {
      const template = templateOf(request)
      const entry = await audit.entry({
        ...aboutOf(request, origin),
        event,
        outcome: 'success',
        reason: template === 'code' ? null : template,
        details: { challengeId: challenge.id, purpose: request.purpose, reference: challenge.reference },
      })
      const message = messages.compose({
        channel: request.channel,
        to: request.destination,
        template,
        language: request.language,
        model: template === 'code' ? codeModel(request, challenge, code, origin) : {},
        expiresAt: challenge.expiresAt,
        challengeId: challenge.id,
      })
      return { audit: [entry], messages: [{ ...message, ...priceOf(request, origin) }] }
    }
  }

  /** A spent budget answers a stranger as any other page would; an owner hears when it goes on. */
  function priceOf(request: CodeRequest, { ip }: Origin): { price?: Price } {
    const { by, channel, destination } = request
    if (by.kind === 'operator') return {}
    if (by.kind === 'owner')
      return { price: { takes: limits.ownersPrice(by.accountId), whenSpent: 'refuse' } }
    const callingCode = channel === 'sms' ? callingCodeOf(destination) : null
    const takes = limits.strangersPrice({ destination, callingCode, known: by.known, ip })
    if (by.known) takes.push(...limits.noticePrice('known-contact', destination))
    return { price: { takes, whenSpent: 'drop' } }
  }

  async function settle(queued: boolean, request: CodeRequest, origin: Origin): Promise<void> {
    if (queued) return wake()
    const reason = 'budget-spent'
    await audit.record({
      ...aboutOf(request, origin),
      event: 'code.send-refused',
      outcome: 'failure',
      reason,
    })
  }

  return {
    async start(id, request, origin) {
      const result = await otp.start({ ...chainOf(request), id }, compose('code.sent', request, origin))
      await settle(result.ok && result.queued, request, origin)
      return result
    },
    async again(previous, request, origin) {
      const result = await otp.resend(previous, chainOf(request), compose('code.resent', request, origin))
      if (result.ok) {
        await settle(result.queued, request, origin)
        return result
      }
      const { reason } = result
      await audit.record({
        ...aboutOf(request, origin),
        event: 'code.send-refused',
        outcome: 'failure',
        reason,
      })
      if (reason === 'over-budget') return { ok: false, reason, retryAt: result.retryAt }
      return { ok: false, reason: reason === 'no-attempts-left' ? 'blocked' : reason }
    },
  }
}

function accountOf({ by }: CodeRequest): string | null {
  return by.kind === 'owner' ? by.accountId : null
}

function templateOf({ by }: CodeRequest): Template {
  return by.kind === 'stranger' && by.known ? 'known-contact' : 'code'
}

function aboutOf(request: CodeRequest, origin: Origin) {
  const accountId = accountOf(request)
  return {
    ...origin,
    subject: accountId === null ? null : ({ kind: 'account', id: accountId } as const),
    factor: request.channel,
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
