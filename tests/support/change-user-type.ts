import { systemOrigin } from '../../src/domain/audit/index.ts'
import type { UserType } from '../../src/domain/user-types/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { openData } from '../../src/open-data.ts'
import { type ChangeUserTypeResult, createChangeUserType } from '../../src/steps/administration/index.ts'
import type { TestNode } from './node.ts'

/** A new version of a type while a node serves, as an administrator makes it. */
export async function changeUserType(
  node: Pick<TestNode, 'settings'>,
  id: string,
  change: (type: UserType) => object,
): Promise<ChangeUserTypeResult> {
  const { storage, audit } = await openData(node.settings, systemClock, systemRandom)
  try {
    const stored = await storage.userTypes.find(id)
    if (!stored) throw new Error(`There is no type ${id}.`)
    const changeType = createChangeUserType({ userTypes: storage.userTypes, audit, clock: systemClock })
    const origin = systemOrigin('test', null, systemRandom)
    return await changeType(change(stored.type), stored.version, origin)
  } finally {
    await storage.close()
  }
}
