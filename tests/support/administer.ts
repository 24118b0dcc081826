import { createEmployeesRoom, createOperator } from '../../src/composition/index.ts'
import { type Origin, systemOrigin } from '../../src/domain/audit/index.ts'
import { systemClock as clock } from '../../src/lib/clock.ts'
import { systemRandom as random } from '../../src/lib/ids.ts'
import { createLog } from '../../src/lib/log.ts'
import { openData } from '../../src/open-data.ts'
import {
  type Administration,
  createEmployeeOperations,
  type EmployeeOperations,
} from '../../src/steps/index.ts'
import type { TestNode } from './node.ts'

/** What an administrator does while a node serves, through the functions that the management API calls. */
export async function administer<T>(
  node: Pick<TestNode, 'settings'>,
  act: (administration: Administration, employees: EmployeeOperations, origin: Origin) => Promise<T>,
): Promise<T> {
  const { settings } = node
  const data = await openData(settings, clock, random)
  try {
    const { storage, audit } = data
    const log = await createLog(settings.log)
    const employees = createEmployeesRoom({ ...data, settings, clock, random, log })
    const { administration } = createOperator({ ...data, settings, employees, clock, random })
    const { phoneRegion } = settings.pages
    const parts = { store: storage.employees, isBuiltIn: true, audit, phoneRegion, clock }
    return await act(administration, createEmployeeOperations(parts), systemOrigin('test', null, random))
  } finally {
    await data.storage.close()
  }
}
