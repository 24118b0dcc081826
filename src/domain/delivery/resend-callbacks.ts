import { MESSAGE_TAG } from './resend-email.ts'
import type { Reported } from './twilio-callbacks.ts'

/** Headers of a webhook (https://www.standardwebhooks.com). */
export interface WebhookHeaders {
  readonly id: string
  readonly timestamp: string
  readonly signature: string
}

export interface ResendCallbacks {
  /**
   * What Resend says. `unsigned`: not by Resend, or signed more than five minutes ago or ahead. `nothing`: of no
   * message of ours, or on its way still.
   */
  read(body: string, headers: WebhookHeaders): Promise<Reported | 'unsigned' | 'nothing'>
}

/** Events that end a message's way (https://resend.com/docs/dashboard/webhooks/event-types). */
const OUTCOMES: Readonly<Record<string, Reported['outcome']>> = {
  'email.delivered': 'delivered',
  'email.bounced': 'failed',
  'email.failed': 'failed',
  'email.suppressed': 'failed',
}

export function createResendCallbacks(webhookSecret: string): ResendCallbacks {
  return {
    async read(payload, headers) {
      const { Resend } = await import('resend')
      // No API is asked here; the SDK wants a key all the same.
      const { webhooks } = new Resend('re_none')
      let event: unknown
      try {
        event = webhooks.verify({ payload, headers, webhookSecret })
      } catch {
        return 'unsigned'
      }
      const { type, data }: { type?: unknown; data?: unknown } = Object(event)
      const outcome = OUTCOMES[String(type)]
      const messageId = messageIdOf(data)
      if (outcome === undefined || messageId === null) return 'nothing'
      return { messageId, outcome, reason: outcome === 'failed' ? String(type) : null }
    },
  }
}

/** Tags come as an object, from older webhooks as a list. */
function messageIdOf(data: unknown): string | null {
  const { tags }: { tags?: unknown } = Object(data)
  const id = Array.isArray(tags)
    ? tags.map((tag) => Object(tag)).find(({ name }) => name === MESSAGE_TAG)?.value
    : Object(tags)[MESSAGE_TAG]
  return typeof id === 'string' ? id : null
}
