import { addAccount } from './add-account.ts'
import type { BalancedVisitor } from './balanced-visitor.ts'
import type { FastNode } from './fast-node.ts'
import { GOOD_PASSWORD, messagesTo } from './people.ts'
import { createRelyingParty } from './relying-party.ts'

/** Somebody in one browser, inside one authorization request. */
export interface Asking {
  readonly node: FastNode
  readonly visitor: BalancedVisitor
  /** `/interaction/<uid>` */
  readonly interaction: string
  readonly contact: string
}

/** One thing that a code is for. A further one is a further row: the tables of code-purposes.test.ts then have it. */
export interface CodePurpose {
  readonly name: string
  /** Has the contact to be an account's, or nobody's? A code is sent only then. */
  readonly contact: 'of an account' | 'of nobody' | 'either'
  /** Asks for a code to the contact; ends at the page that takes it. */
  ask(asking: Asking): Promise<unknown>
}

export const CODE_PURPOSES: readonly CodePurpose[] = [
  {
    name: 'sign-in',
    contact: 'of an account',
    async ask({ visitor, interaction, contact }) {
      await visitor.open(`${interaction}?sign-in`)
      await visitor.submit('sign-in', { identifier: contact, password: GOOD_PASSWORD })
    },
  },
  {
    name: 'code-only',
    contact: 'of an account',
    async ask({ visitor, interaction, contact }) {
      await visitor.open(`${interaction}/with-code`)
      await visitor.submit('sign-in-with-code', { identifier: contact })
    },
  },
  {
    name: 'sign-up',
    contact: 'of nobody',
    async ask({ visitor, interaction, contact }) {
      await visitor.open(`${interaction}/sign-up?userType=user`)
      const input = contact.includes('@') ? { email: contact } : { phone: contact }
      await visitor.submit('sign-up', { ...input, password: GOOD_PASSWORD })
    },
  },
  {
    name: 'recovery',
    contact: 'of an account',
    async ask({ visitor, interaction, contact }) {
      await visitor.open(`${interaction}/forgot-password`)
      await visitor.submit('forgot-password', { identifier: contact })
    },
  },
  {
    name: 'recovery alone',
    contact: 'of an account',
    async ask({ visitor, contact }) {
      await visitor.open('/forgot-password')
      await visitor.submit('forgot-password', { identifier: contact })
    },
  },
  {
    name: 'contact-change',
    contact: 'of nobody',
    async ask({ visitor, node, contact }) {
      await signInAsSomebody(node, visitor)
      const channel = contact.includes('@') ? 'email' : 'sms'
      await visitor.open(`/account/contact?channel=${channel}`)
      await visitor.submit('change-contact', { contact })
    },
  },
  // With an account's contact its code is right and no owner is made: the link lives for the next row.
  {
    name: 'setup',
    contact: 'either',
    async ask({ visitor, node, contact }) {
      await visitor.open(`/setup?token=${node.serving.setupSecret}`)
      const input = contact.includes('@') ? { email: contact } : { phone: contact }
      await visitor.submit('setup', { ...input, password: GOOD_PASSWORD })
    },
  },
]

let somebodies = 0

/** Of an account of their own, which wants the contact. */
async function signInAsSomebody(node: FastNode, visitor: BalancedVisitor): Promise<void> {
  somebodies += 1
  const email = `somebody${somebodies}@example.org`
  await addAccount(node, { email })
  await visitor.open('/account')
  await visitor.submit('sign-in', { identifier: email, password: GOOD_PASSWORD })
  await visitor.submit('code', { code: await codeNumber(node.url, email, 1) })
}

/** Begins an authorization request in this browser. */
export async function begin(node: FastNode, visitor: BalancedVisitor, contact: string): Promise<Asking> {
  await visitor.open(createRelyingParty(node.url).authorize().url)
  return { node, visitor, interaction: new URL(visitor.at.url).pathname, contact }
}

/** The newest code to a contact, once so many were sent. */
export async function codeNumber(node: string, contact: string, count: number): Promise<string> {
  for (let look = 0; look < 200; look++) {
    const codes = (await messagesTo(node, contact)).flatMap(({ code }) => (code === null ? [] : [code]))
    if (codes.length >= count && codes[0] !== undefined) return codes[0]
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`No code number ${count} reached ${contact}.`)
}

/** Makes the contact an account's. */
export function addAccountWith(node: FastNode, contact: string): Promise<string> {
  return addAccount(node, contact.includes('@') ? { email: contact } : { phone: contact })
}
