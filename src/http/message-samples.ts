import type { MessageModel, MessageTemplate } from './message-models.ts'

const AT = '2026-11-21T05:12:00.000Z'
const DEVICE = { browser: 'Firefox', system: 'Windows' }
const HAPPENED = { at: AT, device: DEVICE }

const code = (purpose: MessageModel<'code'>['purpose']): MessageModel<'code'> => ({
  code: '482913',
  reference: 'KQ',
  purpose,
  lifetimeSeconds: 300,
  clientName: 'Court Filing',
  askedAt: AT,
  device: DEVICE,
})

type Samples = { readonly [T in MessageTemplate]: readonly MessageModel<T>[] }

/** What every message may look like, for the preview and for tests: one for each wording that it has. */
export function messageSamples(origin: string): Samples {
  return {
    code: [
      code('sign-in'),
      code('code-only'),
      code('sign-up'),
      code('setup'),
      code('recovery'),
      code('contact-change'),
    ],
    'known-contact': [{}],
    'new-device': [HAPPENED, { at: AT, device: null }],
    paused: [HAPPENED],
    'password-changed': [HAPPENED],
    approved: [{}],
    refused: [{}],
    invitation: [{ url: `${origin}/invitation?token=${'x'.repeat(43)}`, worksUntil: AT }],
    'contact-changed': [
      { ...HAPPENED, contact: 'email' },
      { ...HAPPENED, contact: 'phone' },
    ],
  }
}

export const MESSAGE_TEMPLATES: readonly MessageTemplate[] = [
  'code',
  'known-contact',
  'new-device',
  'paused',
  'password-changed',
  'approved',
  'refused',
  'invitation',
  'contact-changed',
]
