import type { OutgoingMessage } from '../../src/domain/delivery/index.ts'
import { newId, systemRandom } from '../../src/lib/ids.ts'

/** A code in its final words, good for five minutes. */
export function anOutgoingMessage(change: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    id: newId('msg', systemRandom),
    channel: 'sms',
    to: '+14155550100',
    template: 'code',
    subject: null,
    text: '482913 is your code',
    html: null,
    code: '482913',
    reference: 'KQ',
    expiresAt: new Date(Date.now() + 300_000),
    ...change,
  }
}

export function anOutgoingMail(change: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return anOutgoingMessage({
    channel: 'email',
    to: 'ann@example.org',
    subject: 'Your code',
    html: '<p>482913 is your code</p>',
    ...change,
  })
}
