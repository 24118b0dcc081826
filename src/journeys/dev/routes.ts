import { setTimeout as wait } from 'node:timers/promises'
import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Outbox } from '../../domain/delivery/index.ts'
import type { Csrf } from '../../http/csrf.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo, type Show } from '../../http/show.ts'
import type { Clock } from '../../lib/clock.ts'
import { answerMail } from './mail-body.ts'
import { outboxPage } from './pages.ts'

export interface DevParts {
  readonly outbox: Outbox
  /** Ends when everything that was queued by an answer given before is in the outbox. */
  readonly settle: () => Promise<void>
  readonly clock: Clock
  readonly csrf: Csrf
  readonly show: Show
}

const PATH = '/dev/outbox'
/** Another provider of the same channel may take its time. */
const LONGEST_WAIT_MS = 1000

/** Development only: what would have been sent. Production mounts none of it. */
export function devRoutes({ outbox, settle, clock, csrf, show }: DevParts): Router {
  return new Router()
    .get(PATH, showOutbox)
    .post(PATH, emptyOutbox)
    .get(`${PATH}.json`, listMessages)
    .get(`${PATH}/:id/body`, showBody)

  /** What follows from an answer comes a little after it, and whoever looks here wants to see it. */
  async function settled(): Promise<void> {
    await Promise.race([settle(), wait(LONGEST_WAIT_MS, undefined, { ref: false })])
  }

  async function showOutbox(ctx: Context) {
    await settled()
    const page = outboxPage({
      messages: outbox.list(),
      now: clock.now(),
      url: PATH,
      emptyAction: PATH,
      bodyUrl: (id) => `${PATH}/${id}/body`,
    })
    show(ctx, page, { frames: true })
  }

  async function emptyOutbox(ctx: Context) {
    const form = await readFormAs(ctx, z.strictObject({ csrf: z.string().optional() }))
    csrf.check(ctx, form.csrf)
    outbox.empty()
    return goTo(ctx, PATH)
  }

  async function listMessages(ctx: Context) {
    await settled()
    const { to } = ctx.query
    ctx.set('Cache-Control', 'no-store')
    ctx.body = {
      messages: outbox.list(typeof to === 'string' ? to : undefined).map((message) => ({
        id: message.id,
        at: message.at.toISOString(),
        channel: message.channel,
        to: message.to,
        template: message.template,
        subject: message.subject,
        text: message.text,
        html: message.html,
        code: message.code,
        reference: message.reference,
      })),
    }
  }

  async function showBody(ctx: Context) {
    answerMail(ctx, outbox.find(String(ctx['params'].id))?.html)
  }
}
