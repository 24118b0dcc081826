import { join } from 'node:path'
import { z } from 'zod'
import type { Environment, Variable } from './environment.ts'
import { type Secret, secretOf } from './secret.ts'

/** Where the keys that wrap all others come from; the first wraps, all unwrap. */
export type MasterKeySource =
  | {
      readonly from: 'environment'
      /** base64url, 32 bytes each. */
      readonly keys: readonly Secret[]
      /** The file that LATCHKEY_MASTER_KEYS_FILE names, absolute; null when the variable itself holds them. */
      readonly file: string | null
    }
  /** One key in a file of the data directory, made on the first start. Development only. */
  | { readonly from: 'data-dir'; readonly file: string }

export const MASTER_KEY_BYTES = 32
/** Fewer distinct values in 32 bytes than any random key has: a key somebody typed. */
const FEWEST_DISTINCT_BYTES = 16
const HOW_TO_MAKE_ONE = "make one with: openssl rand -base64 32 | tr '+/' '-_' | tr -d '='"

const masterKeysVariable: Variable<readonly string[]> = {
  name: 'LATCHKEY_MASTER_KEYS',
  shown: 'made in the data dir',
  fallback: null,
  meaning:
    'keys that wrap all others: base64url, 32 bytes each, comma-separated; the first wraps, all unwrap',
  secret: true,
  schema: z
    .string()
    .transform((value) => value.split(',').map((key) => key.trim()))
    .superRefine((keys, context) => {
      for (const [at, key] of keys.entries()) {
        const problem = masterKeyProblem(key)
        if (problem !== null)
          context.addIssue(`key ${at + 1} of ${keys.length} ${problem}; ${HOW_TO_MAKE_ONE}`)
      }
      if (new Set(keys).size < keys.length) context.addIssue('has the same key twice; write each once')
    }),
}

export const masterKeysVariables: readonly Variable<unknown>[] = [masterKeysVariable]

export const MASTER_KEYS_NAME = masterKeysVariable.name
export const MASTER_KEYS_MISSING = `must be set in production; ${HOW_TO_MAKE_ONE}`

export function readMasterKeys(
  environment: Environment,
  dataDir: string,
  absolute: (path: string) => string,
): MasterKeySource {
  const keys = environment.read(masterKeysVariable)
  if (keys === null) return { from: 'data-dir', file: join(dataDir, 'master.key') }
  const file = environment.secretFile(masterKeysVariable.name)
  return {
    from: 'environment',
    keys: keys.map(secretOf),
    file: file === null ? null : absolute(file),
  }
}

/** What is wrong with one key, never showing it; null when it is sound. */
export function masterKeyProblem(key: string): string | null {
  const bytes = Buffer.from(key, 'base64url')
  if (bytes.byteLength !== MASTER_KEY_BYTES || bytes.toString('base64url') !== key) {
    return 'must be 32 bytes as base64url, 43 characters'
  }
  return new Set(bytes).size < FEWEST_DISTINCT_BYTES ? 'is not random' : null
}
