/**
 * The keys of this data: random data keys for each purpose and the keys that sign tokens. Owns making them on the
 * first start, their sealing under the master keys, and which of several makes or signs
 * and until when. Knows nothing of what they
 * are used for, nor where the master keys come from. Called by the composition root and the operator's commands.
 */
export {
  DATA_KEY_PURPOSES,
  type DataKeyPurpose,
  type KeyStore,
  type Rewrapped,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type StoredKey,
} from './key-store.ts'
export { type DataKey, type DataKeys, type Keys, type KeysParts, openKeys } from './keys.ts'
export { type MasterKey, type MasterKeys, masterKeyId } from './master-keys.ts'
export { KEY_SCHEDULE, type KeySchedule, type Rotated, type RotateHow } from './rotation.ts'
export { keyThatSigns, type SigningKey } from './signing-key.ts'
