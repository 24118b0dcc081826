import { createAccounts } from '../../src/domain/accounts/index.ts'
import { createPasswords } from '../../src/domain/passwords/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { openData } from '../../src/open-data.ts'
import { fastHasher } from './fast-hasher.ts'
import type { FastNode } from './fast-node.ts'
import { GOOD_PASSWORD } from './people.ts'

export interface Contacts {
  readonly email?: string
  readonly phone?: string
}

/** An account of the type `user` with several verified contacts, which no sign-up makes. Answers its id. */
export async function addAccount(node: FastNode, contacts: Contacts): Promise<string> {
  const { storage, keys } = await openData(node.settings, systemClock, systemRandom)
  try {
    const stored = await storage.userTypes.find('user')
    if (!stored) throw new Error('The type `user` is shipped.')
    const passwords = createPasswords({ peppers: keys.dataKeys('pepper'), cost: 12, hasher: fastHasher() })
    const accounts = createAccounts({
      store: storage.accounts,
      clock: systemClock,
      random: systemRandom,
      phoneRegion: null,
    })
    const verified = (value: string | undefined) =>
      value === undefined ? null : { value, verifiedAt: systemClock.now() }
    const account = accounts.draft({
      userType: stored.type,
      userTypeVersion: stored.version,
      email: verified(contacts.email),
      phone: verified(contacts.phone),
      passwordHash: await passwords.hash(GOOD_PASSWORD),
      adminRole: null,
    })
    await accounts.open(account, { audit: [] })
    return account.id
  } finally {
    await storage.close()
  }
}
