import { setTimeout as wait } from 'node:timers/promises'
import Router from '@koa/router'
import type { Context } from 'koa'
import type { Origin } from '../../domain/audit/index.ts'
import type { Deliveries, Reported, ResendCallbacks, TwilioCallbacks } from '../../domain/delivery/index.ts'
import type { AskerOf } from '../../http/asker.ts'
import { readForm } from '../../http/form.ts'
import { readJsonText } from '../../http/json-text.ts'
import { AppError, NotFound, Unavailable } from '../../lib/errors.ts'

export interface CallbackParts {
  /** Without a slash at the end: what Twilio signed begins with it. */
  readonly issuer: string
  /** Each null where its provider is not used, or nothing it says could be checked. */
  readonly twilio: TwilioCallbacks | null
  readonly resend: ResendCallbacks | null
  readonly deliveries: Pick<Deliveries, 'report'>
  readonly askerOf: AskerOf
}

const MESSAGE_ID = /^msg_[\w-]{43}$/
/** A report may be faster than the note that the message was handed over. */
const LOOK_AGAIN_MS = 200
const LOOKS = 10

export function callbackRoutes({ issuer, twilio, resend, deliveries, askerOf }: CallbackParts): Router {
  return new Router({ prefix: '/callbacks' })
    .post('/twilio/:messageId', hearTwilio)
    .post('/resend', hearResend)

  async function hearTwilio(ctx: Context) {
    const messageId = String(ctx['params'].messageId)
    if (twilio === null || !MESSAGE_ID.test(messageId)) throw new NotFound()
    const form = await readForm(ctx)
    const isSigned = await twilio.isSigned(`${issuer}${ctx.originalUrl}`, ctx.get('x-twilio-signature'), form)
    if (!isSigned) throw unsigned()
    const reported = twilio.read(messageId, form)
    if (reported !== null) await take(ctx, 'twilio', reported)
    ctx.status = 204
  }

  async function hearResend(ctx: Context) {
    if (resend === null) throw new NotFound()
    const reported = await resend.read(await readJsonText(ctx), {
      id: ctx.get('svix-id'),
      timestamp: ctx.get('svix-timestamp'),
      signature: ctx.get('svix-signature'),
    })
    if (reported === 'unsigned') throw unsigned()
    if (reported !== 'nothing') await take(ctx, 'resend', reported)
    ctx.status = 204
  }

  async function take(ctx: Context, provider: string, reported: Reported): Promise<void> {
    for (let look = 0; look < LOOKS; look++) {
      if ((await deliveries.report(provider, reported, originOf(ctx, provider))) !== 'early') return
      await wait(LOOK_AGAIN_MS)
    }
    throw new Unavailable('the message is on its way still')
  }

  function originOf(ctx: Context, provider: string): Origin {
    return {
      ...askerOf(ctx),
      api: 'callbacks',
      step: provider,
      clientId: null,
      actor: { kind: 'system', id: null },
    }
  }
}

function unsigned(): AppError {
  return new AppError('wrong_signature', 403, 'This was not signed by whom it claims to come from.')
}
