import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Channel, Messages } from '../domain/delivery/index.ts'
import type { Challenge, ChallengeWrite, CodePolicy, IssuedCode, Otp, Purpose } from '../domain/otp/index.ts'
import { deviceOf } from '../lib/device.ts'

/** To whom a code goes, and what for. */
export interface CodeRequest {
  readonly purpose: Purpose
  readonly accountId: string | null
  readonly channel: Channel
  /** Canonical contact. */
  readonly destination: string
  readonly policy: CodePolicy
  readonly clientName: string | null
  readonly language: string
  /**
   * `known-contact`: there is nobody to send a code to. A challenge is stored all the same, so that guessing looks
   * the same, and the owner of the contact is told instead.
   */
  readonly instead: 'known-contact' | null
}

export type ResendResult =
  | { readonly ok: true; readonly challenge: Challenge }
  | { readonly ok: false; readonly reason: 'too-soon' | 'blocked' | 'dead' }

export interface SendCodeParts {
  readonly otp: Otp
  readonly messages: Messages
  readonly audit: Audit
  /** Tells the queue's worker that something waits. */
  readonly wake: () => void
}

export interface SendCode {
  /** Begins a chain: challenge, message and record in one write. */
  start(request: CodeRequest, origin: Origin): Promise<Challenge>
  /** A new code in the place of the last one of the chain. */
  again(previous: Challenge, request: CodeRequest, origin: Origin): Promise<ResendResult>
}

export function createSendCode({ otp, messages, audit, wake }: SendCodeParts): SendCode {
  function compose(event: 'code.sent' | 'code.resent', request: CodeRequest, origin: Origin) {
    return async ({ challenge, code }: IssuedCode): Promise<ChallengeWrite> => {
      const entry = await audit.entry({
        ...origin,
        event,
        outcome: 'success',
        reason: request.instead,
        subject: request.accountId === null ? null : { kind: 'account', id: request.accountId },
        factor: request.channel,
        details: { challengeId: challenge.id, purpose: request.purpose, reference: challenge.reference },
      })
      const common = {
        channel: request.channel,
        to: request.destination,
        language: request.language,
        expiresAt: challenge.expiresAt,
        challengeId: challenge.id,
      }
      const message =
        request.instead === null
          ? { ...common, template: 'code' as const, model: codeModel(request, challenge, code, origin) }
          : { ...common, template: request.instead, model: {} }
      return { audit: [entry], messages: [messages.compose(message)] }
    }
  }

  return {
    async start(request, origin) {
      const challenge = await otp.start(request, compose('code.sent', request, origin))
      wake()
      return challenge
    },
    async again(previous, request, origin) {
      const result = await otp.resend(previous, request, compose('code.resent', request, origin))
      if (!result.ok)
        return { ok: false, reason: result.reason === 'no-attempts-left' ? 'blocked' : result.reason }
      wake()
      return result
    },
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
