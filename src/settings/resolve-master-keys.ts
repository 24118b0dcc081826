import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from '../lib/error-code.ts'
import { StartRefused } from '../lib/errors.ts'
import type { Random } from '../lib/ids.ts'
import { MASTER_KEY_BYTES, type MasterKeySource, masterKeyProblem } from './master-keys.ts'

export interface MasterKey {
  readonly key: Uint8Array
}

/**
 * The master keys themselves, the one that wraps first. In development the first start makes one in the data
 * directory, readable by its owner alone. Throws StartRefused when that file cannot be made, read or understood.
 */
export function resolveMasterKeys(
  source: MasterKeySource,
  { random }: { readonly random: Random },
): readonly [MasterKey, ...MasterKey[]] {
  const texts =
    source.from === 'environment'
      ? source.keys.map((secret) => secret.reveal())
      : [readOrMake(source.file, random)]
  const [first, ...others] = texts.map((text) => ({ key: Buffer.from(text, 'base64url') }))
  if (first === undefined) throw new StartRefused('LATCHKEY_MASTER_KEYS: holds no key; write at least one')
  return [first, ...others]
}

function readOrMake(file: string, random: Random): string {
  const key = inWords(file, () => read(file) ?? make(file, random))
  if (masterKeyProblem(key) === null) return key
  throw new StartRefused(
    `${file}: holds no master key; put back the one it held. Without it the data beside it cannot be read`,
  )
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}

/**
 * Written whole under a name of its own, then linked: a link is made only where no file is, so of two processes
 * that start together one wins, both read the same key, and a crash leaves no half of one.
 */
function make(file: string, random: Random): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${random.bytes(8).toString('hex')}`
  const descriptor = openSync(draft, 'wx', 0o600)
  try {
    writeSync(descriptor, `${random.bytes(MASTER_KEY_BYTES).toString('base64url')}\n`)
    fsyncSync(descriptor)
    linkSync(draft, file)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  } finally {
    closeSync(descriptor)
    unlinkSync(draft)
  }
  return readFileSync(file, 'utf8').trim()
}

function inWords<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const what = `cannot be made or read (${errorCode(cause) ?? 'unknown'}); let this user write there, or set LATCHKEY_MASTER_KEYS`
    throw new StartRefused(`${file}: ${what}`, { cause })
  }
}
