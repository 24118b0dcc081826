import { type Page, sheet } from '../../../http/page.ts'
import type { Text, TextKey } from '../../../http/texts.ts'

type Channel = 'sms' | 'email'

export type ContactProblem = 'missing' | 'malformed' | 'refused' | 'unchanged'

export interface ChangeContactPage {
  readonly accountId: string
  readonly action: string
  readonly channel: Channel
  readonly current: { readonly value: string; readonly verifiedAt: Date | null } | null
  /** As typed, or what is to be verified. */
  readonly typed: string
  readonly problem: ContactProblem | null
  readonly removeUrl: string | null
}

const WORDS = {
  email: {
    change: 'myAccount.contact.changeEmail',
    add: 'myAccount.contact.addEmail',
    label: 'myAccount.contact.newEmail',
    remove: 'myAccount.contact.removeEmail',
  },
  sms: {
    change: 'myAccount.contact.changePhone',
    add: 'myAccount.contact.addPhone',
    label: 'myAccount.contact.newPhone',
    remove: 'myAccount.contact.removePhone',
  },
} as const satisfies Readonly<Record<Channel, Readonly<Record<string, TextKey>>>>

const PROBLEMS: Readonly<Record<Channel, Readonly<Record<ContactProblem, TextKey>>>> = {
  email: {
    missing: 'account.problem.emailMissing',
    malformed: 'account.problem.emailMalformed',
    refused: 'account.problem.emailRefused',
    unchanged: 'myAccount.problem.emailUnchanged',
  },
  sms: {
    missing: 'account.problem.phoneMissing',
    malformed: 'account.problem.phoneMalformed',
    refused: 'account.problem.phoneRefused',
    unchanged: 'myAccount.problem.phoneUnchanged',
  },
}

export function changeContactPage({ problem, typed, channel, ...page }: ChangeContactPage): Page {
  const words = WORDS[channel]
  const heading = page.current ? words.change : words.add
  const text: Text | null = problem && { key: PROBLEMS[channel][problem] }
  const model = {
    ...page,
    heading,
    isVerified: page.current ? page.current.verifiedAt !== null : false,
    links: text ? [{ href: '#contact', text }] : [],
    field: {
      name: 'contact',
      label: { key: words.label },
      hint: channel === 'sms' ? { key: 'account.phoneHint' } : null,
      problem: text,
      invalid: text !== null,
      input: {
        type: channel === 'sms' ? 'tel' : 'email',
        dir: 'ltr',
        autocomplete: channel === 'sms' ? 'tel' : 'email',
        required: true,
        value: typed,
      },
    },
    removeLabel: words.remove,
  }
  return sheet('my-account/contact', { key: heading }, model, { failed: problem !== null })
}

export interface RemoveContactPage {
  readonly accountId: string
  readonly action: string
  readonly channel: Channel
  readonly contact: string
  readonly wasVerified: boolean
}

export function removeContactPage({ channel, ...page }: RemoveContactPage): Page {
  const heading = channel === 'sms' ? 'myAccount.remove.phone' : 'myAccount.remove.email'
  return sheet('my-account/remove-contact', { key: heading }, { ...page, heading })
}
