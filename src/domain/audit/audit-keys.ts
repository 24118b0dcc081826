import { hmac } from '../../lib/hash.ts'

/** The data keys of the audit: the first makes, all verify and open. */
export type AuditKeys = readonly [AuditKey, ...AuditKey[]]

interface AuditKey {
  readonly key: Uint8Array
}

/** The first makes, all verify and open. */
export type DerivedKeys = readonly [Uint8Array, ...Uint8Array[]]

/** What signs the head of the chain. */
export function headKeys(keys: AuditKeys): DerivedKeys {
  return derive(keys, 'latchkey audit head')
}

/** What the keys of persons are wrapped with. */
export function personWrappingKeys(keys: AuditKeys): DerivedKeys {
  return derive(keys, 'latchkey audit person keys')
}

/** One key does one work: each is drawn from the data key by a name of its own. */
function derive([first, ...others]: AuditKeys, purpose: string): DerivedKeys {
  return [hmac(first.key, purpose), ...others.map(({ key }) => hmac(key, purpose))]
}
