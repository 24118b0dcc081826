import { z } from 'zod'
import { oneLine } from './one-line.ts'
import type { TextKey } from './texts.ts'

/** What somebody else has named. */
const named = z.string().transform((text) => oneLine(text))

/** From a list of our own: what a stranger's browser says of itself never goes into a message. */
const device = z.object({ browser: named, system: named }).nullable()

const PURPOSES = ['sign-in', 'code-only', 'sign-up', 'setup', 'recovery', 'contact-change'] as const

/** A one-time code, as it waits in the queue. */
const codeMessage = z.object({
  code: z.string().regex(/^\d{4,12}$/),
  /** The two letters that name it, here and on the page. */
  reference: z.string().regex(/^[A-Z0-9]{1,8}$/),
  purpose: z.enum(PURPOSES),
  lifetimeSeconds: z.int().positive(),
  /** The application to continue to; null: none. */
  clientName: named.nullable(),
  askedAt: z.iso.datetime().transform((at) => new Date(at)),
  device,
})

type Wording = Readonly<Record<'sms' | 'works' | 'worksForClient' | 'notYou', TextKey>>

const CODE_WORDINGS: Readonly<Record<(typeof PURPOSES)[number], Wording>> = {
  'sign-in': {
    sms: 'message.code.sms.signIn',
    works: 'message.code.works.signIn',
    worksForClient: 'message.code.worksFor.signIn',
    notYou: 'message.code.notYou.signIn',
  },
  'code-only': {
    sms: 'message.code.sms.signIn',
    works: 'message.code.works.signIn',
    worksForClient: 'message.code.worksFor.signIn',
    notYou: 'message.code.notYou.codeOnly',
  },
  'sign-up': {
    sms: 'message.code.sms.signUp',
    works: 'message.code.works.signUp',
    worksForClient: 'message.code.worksFor.signUp',
    notYou: 'message.code.notYou.signUp',
  },
  setup: {
    sms: 'message.code.sms.setup',
    works: 'message.code.works.setup',
    worksForClient: 'message.code.works.setup',
    notYou: 'message.code.notYou.setup',
  },
  recovery: {
    sms: 'message.code.sms.recovery',
    works: 'message.code.works.recovery',
    worksForClient: 'message.code.works.recovery',
    notYou: 'message.code.notYou.recovery',
  },
  'contact-change': {
    sms: 'message.code.sms.contactChange',
    works: 'message.code.works.contactChange',
    worksForClient: 'message.code.works.contactChange',
    notYou: 'message.code.notYou.contactChange',
  },
}

/** When, and in which browser; null for one that we do not know by name. */
const happened = z.object({
  at: z.iso.datetime().transform((at) => new Date(at)),
  device,
})

type Happened = z.output<typeof happened> & { readonly happened: TextKey }

const CONTACT_WORDINGS = {
  email: {
    sms: 'message.contactChanged.sms.email',
    happened: 'message.contactChanged.happened.email',
    happenedIn: 'message.contactChanged.happenedIn.email',
  },
  phone: {
    sms: 'message.contactChanged.sms.phone',
    happened: 'message.contactChanged.happened.phone',
    happenedIn: 'message.contactChanged.happenedIn.phone',
  },
} as const

/**
 * What a message says, as JSON in the queue. Parsed when it is worded, since the node that queued it may be of
 * another version than the one that sends it; what comes out is what the templates below `views/messages` name.
 */
export const messageModels = {
  code: codeMessage.transform((message) => {
    const wording = CODE_WORDINGS[message.purpose]
    const asked: TextKey = message.device ? 'message.code.askedForFrom' : 'message.code.askedFor'
    const works = message.clientName === null ? wording.works : wording.worksForClient
    return { ...message, sms: wording.sms, notYou: wording.notYou, works, asked }
  }),
  /** To the owner of a contact that somebody else tried to take: nothing of what was typed. */
  'known-contact': z.object({}),
  /** To the owner: signed in where nobody signed in to this account before. */
  'new-device': happened.transform(({ device, ...message }): Happened => {
    const sentence = device ? 'message.newDevice.happenedIn' : 'message.newDevice.happened'
    return { ...message, device, happened: sentence }
  }),
  /** To the owner: wrong passwords in a row, so that sign-in pauses for a while. */
  paused: happened.transform(({ device, ...message }): Happened => {
    const sentence = device ? 'message.paused.happenedIn' : 'message.paused.happened'
    return { ...message, device, happened: sentence }
  }),
  /** To the owner, at every verified contact: another password opens the account from now on. */
  'password-changed': happened.transform(({ device, ...message }): Happened => {
    const sentence = device ? 'message.passwordChanged.happenedIn' : 'message.passwordChanged.happened'
    return { ...message, device, happened: sentence }
  }),
  /** To whoever waited for approval. */
  approved: z.object({}),
  refused: z.object({}),
  /** The one message with a link that does something: it proves that whoever follows it reads this contact. */
  invitation: z.object({
    url: z.url({ protocol: /^https?$/ }),
    worksUntil: z.iso.datetime().transform((at) => new Date(at)),
  }),
  /** To whoever could be reached before: never what the contact is now. */
  'contact-changed': happened
    .extend({ contact: z.enum(['email', 'phone']) })
    .transform(({ device, ...message }): Happened & { readonly sms: TextKey } => {
      const wording = CONTACT_WORDINGS[message.contact]
      const sentence = device ? wording.happenedIn : wording.happened
      return { ...message, device, happened: sentence, sms: wording.sms }
    }),
} as const

export type MessageTemplate = keyof typeof messageModels

/** The model of a message as it is queued. */
export type MessageModel<Template extends MessageTemplate> = z.input<(typeof messageModels)[Template]>

/** Subjects are logged on their way: they never hold a code. */
export const messageSubjects: Readonly<Record<MessageTemplate, TextKey>> = {
  code: 'message.code.subject',
  'known-contact': 'message.knownContact.subject',
  'new-device': 'message.newDevice.subject',
  paused: 'message.paused.subject',
  'password-changed': 'message.passwordChanged.subject',
  approved: 'message.approved.subject',
  refused: 'message.refused.subject',
  invitation: 'message.invitation.subject',
  'contact-changed': 'message.contactChanged.subject',
}
