import type { OutboxMessage } from '../../domain/delivery/index.ts'
import type { Page } from '../../http/page.ts'
import type { TextKey } from '../../http/texts.ts'
import { smsSize } from '../../lib/gsm7.ts'

export interface OutboxPage {
  /** Newest first. */
  readonly messages: readonly OutboxMessage[]
  readonly now: Date
  /** Of the page itself. */
  readonly url: string
  /** A POST there forgets all messages. */
  readonly emptyAction: string
  /** Where the HTML of a message stands, under a policy of its own. */
  readonly bodyUrl: (messageId: string) => string
}

const HEADINGS: Readonly<Record<OutboxMessage['template'], TextKey>> = {
  code: 'outbox.code',
  'known-contact': 'outbox.knownContact',
  'new-device': 'outbox.newDevice',
  paused: 'outbox.paused',
  'password-changed': 'outbox.passwordChanged',
  approved: 'outbox.approved',
  refused: 'outbox.refused',
  invitation: 'outbox.invitation',
  'contact-changed': 'outbox.contactChanged',
}

export function outboxPage({ messages, now, url, emptyAction, bodyUrl }: OutboxPage): Page {
  const model = {
    url,
    emptyAction,
    messages: messages.map((message) => ({
      ...message,
      heading: HEADINGS[message.template],
      ageSeconds: Math.max(0, Math.floor((now.getTime() - message.at.getTime()) / 1000)),
      size: smsSize(message.text),
      pieces: aroundCode(message.text, message.code),
      bodyUrl: message.html === null ? null : bodyUrl(message.id),
    })),
  }
  return { view: 'dev/outbox', title: { key: 'outbox.title' }, failed: false, frame: 'cards', model }
}

export interface MessagesPage {
  /** Of the page itself. */
  readonly url: string
  readonly languages: readonly string[]
  readonly language: string
  /** Ids of all types of account; '' is the wording of all. */
  readonly types: readonly string[]
  readonly userType: string
  readonly messages: readonly {
    readonly id: string
    readonly template: OutboxMessage['template']
    readonly sms: string
    readonly mail: { readonly subject: string | null; readonly text: string }
    readonly bodyUrl: string
    /** What it was worded from, as JSON. */
    readonly sample: string
  }[]
}

export function messagesPage({ url, languages, language, types, userType, messages }: MessagesPage): Page {
  const link = (changed: Readonly<Record<string, string>>) =>
    `${url}?${new URLSearchParams({ language, userType, ...changed })}`
  const model = {
    languages: languages.map((name) => ({
      name,
      url: link({ language: name }),
      isChosen: name === language,
    })),
    types: ['', ...types].map((name) => ({
      name,
      url: link({ userType: name }),
      isChosen: name === userType,
    })),
    messages: messages.map((message) => ({
      ...message,
      heading: HEADINGS[message.template],
      size: smsSize(message.sms),
    })),
  }
  return { view: 'dev/messages', title: { key: 'messages.title' }, failed: false, frame: 'cards', model }
}

/** The text before and after its first code, which the page marks between them. */
function aroundCode(text: string, code: string | null): { before: string; after: string | null } {
  const at = code === null ? -1 : text.indexOf(code)
  if (code === null || at < 0) return { before: text, after: null }
  return { before: text.slice(0, at), after: text.slice(at + code.length) }
}
