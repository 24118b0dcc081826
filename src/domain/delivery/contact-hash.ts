import { hmac } from '../../lib/hash.ts'
import type { Channel } from './message-store.ts'

/** Names a contact without showing it, to whoever has no key. */
export type ContactHash = (channel: Channel, contact: string) => Uint8Array

export function createContactHash(key: Uint8Array): ContactHash {
  return (channel, contact) => hmac(key, 'contact', channel, contact)
}
