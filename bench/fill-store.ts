/** Fills a store as large as an organisation's, through its ports, many writes at a time. */
import { createAccountFields, createAccounts, type NewAccount } from '../src/domain/accounts/index.ts'
import type { UserType } from '../src/domain/user-types/index.ts'
import { systemClock } from '../src/lib/clock.ts'
import { systemRandom } from '../src/lib/ids.ts'
import type { Data } from '../src/open-data.ts'
import { type CrowdSize, employeeAt, memberAt } from './crowd.ts'

/** Waiting writes are memory; the store commits at most some hundred of them at once. */
const AT_ONCE = 2000

/** Everything of an account to be made but its type and version. */
export type NewPerson = Omit<NewAccount, 'userType' | 'userTypeVersion' | 'adminRole'>
type Filled = Pick<Data, 'storage' | 'keys'>

export async function fillCrowd(data: Filled, size: CrowdSize, passwordHash: string): Promise<void> {
  await fillRegister(data, size.records)
  const verifiedAt = systemClock.now()
  await openAll(data, 'bench-member', size.members, (place) => {
    const { email, phone, userId } = memberAt(place)
    return {
      email: { value: email, verifiedAt },
      phone: { value: phone, verifiedAt },
      userId,
      passwordHash,
    }
  })
  await openAll(data, 'bench-officer', size.officers, (place) => {
    const { employeeId, fullName, phone } = employeeAt(place)
    return {
      email: null,
      phone: { value: phone, verifiedAt },
      employeeId,
      fields: { fullName },
      passwordHash,
    }
  })
}

/** So many accounts of one type; one with an employee id claims its record. */
export async function openAll(
  { storage, keys }: Filled,
  typeId: UserType['id'],
  count: number,
  personAt: (place: number) => NewPerson,
): Promise<void> {
  const accounts = createAccounts({
    store: storage.accounts,
    fields: createAccountFields({
      keys: keys.dataKeys('fields'),
      blindIndexKey: keys.dataKey('blind-index').key,
      random: systemRandom,
    }),
    clock: systemClock,
    random: systemRandom,
    phoneRegion: null,
  })
  const stored = await storage.userTypes.find(typeId)
  if (!stored) throw new Error(`There is no type ${typeId}.`)
  const { type, version } = stored

  await inBatches(count, async (place) => {
    const draft = accounts.draft({
      ...personAt(place),
      userType: type,
      userTypeVersion: version,
      adminRole: null,
    })
    const { employeeId } = draft
    const claim = {
      employeeId: employeeId ?? '',
      recordVersion: 1,
      role: 'officer',
      checkedAt: draft.createdAt,
    }
    const result = await accounts.open(draft, type, { audit: [], ...(employeeId !== null && { claim }) })
    if (result !== 'inserted') throw new Error(`Account ${place} was not opened: ${result}.`)
  })
}

async function fillRegister({ storage }: Filled, records: number): Promise<void> {
  const write = { audit: [], raises: [], at: systemClock.now() }
  await inBatches(records, async (place) => {
    const { employeeId, fullName, phone } = employeeAt(place)
    const more = { role: 'officer', status: 'active', email: null, attributes: {} } as const
    await storage.employees.insert({ employeeId, shownId: employeeId, fullName, phone, ...more }, write)
  })
}

async function inBatches(count: number, task: (place: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - from)
    await Promise.all(Array.from({ length }, (_, index) => task(from + index)))
  }
}
