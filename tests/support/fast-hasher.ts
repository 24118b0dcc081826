import bcrypt from 'bcrypt'
import type { Hasher } from '../../src/domain/passwords/index.ts'
import { equalText, sha256 } from '../../src/lib/hash.ts'

/** One digest in the place of bcrypt, for tests in which hashing is not the point. Nodes that share data share it. */
export function fastHasher(): Hasher {
  const digest = (input: string) => sha256(input).toString('base64url')
  return {
    name: 'fast',
    hash: async (input) => digest(input),
    compare: async (input, hash) => equalText(digest(input), hash),
    compareOld: async (password, hash) => bcrypt.compareSync(password, hash),
    decoy: () => digest('nothing that anybody types'),
    queueLength: () => 0,
    close: async () => {},
  }
}
