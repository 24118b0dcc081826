import type { Clock } from '../../lib/clock.ts'
import { newId, type Random } from '../../lib/ids.ts'
import { open, seal } from '../../lib/seal.ts'
import type { Channel, ClaimedMessage, QueuedMessage } from './message-store.ts'

export type Template =
  | 'code'
  | 'known-contact'
  | 'new-device'
  | 'paused'
  | 'password-changed'
  | 'approved'
  | 'refused'
  | 'invitation'
  | 'contact-changed'

/** What a message says, before it is worded: wording happens when it is sent. */
export interface MessageContent {
  readonly to: string
  readonly template: Template
  readonly language: string
  /** Id of the type of account it is for, whose own wording is looked up first; absent: nobody's in particular. */
  readonly userType?: string
  /** JSON values for the template; may hold a code, so it is sealed until it is sent. */
  readonly model: Readonly<Record<string, unknown>>
}

export interface NewMessage extends MessageContent {
  readonly channel: Channel
  readonly expiresAt: Date
  readonly challengeId: string | null
}

/** A data key for messages: the first seals, all open. */
export interface MessageKey {
  readonly id: string
  readonly key: Uint8Array
}

export interface Messages {
  /** Makes the row that a store queues in the same write as what the message speaks of. */
  compose(message: NewMessage): QueuedMessage
  read(claimed: ClaimedMessage): MessageContent
}

export interface MessagesParts {
  readonly keys: readonly [MessageKey, ...MessageKey[]]
  readonly clock: Clock
  readonly random: Random
}

export function createMessages({ keys, clock, random }: MessagesParts): Messages {
  return {
    compose({ channel, expiresAt, challengeId, ...content }) {
      const id = newId('msg', random)
      const sealed = seal(keys[0].key, JSON.stringify(content), `message/${id}`, random)
      return { id, channel, content: sealed, queuedAt: clock.now(), expiresAt, challengeId }
    },
    read(claimed) {
      for (const { key } of keys) {
        try {
          return JSON.parse(open(key, claimed.content, `message/${claimed.id}`).toString('utf8'))
        } catch {
          // An older key may be the one.
        }
      }
      throw new Error('A queued message opens with none of the keys.')
    },
  }
}
