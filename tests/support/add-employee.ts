import type { EmployeeRecord } from '../../src/domain/employees/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import type { TestNode } from './node.ts'
import { anEmployee } from './records.ts'

/** A judge who is not in the sample that a node starts with. */
const MEERA = { employeeId: 'jdg-7001', shownId: 'JDG-7001', phone: '+919876507101' } as const

/** A record in the built-in register of a running node. */
export async function addEmployee(
  node: Pick<TestNode, 'settings'>,
  record: Partial<EmployeeRecord>,
): Promise<void> {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  try {
    await storage.employees.insert(anEmployee({ ...MEERA, ...record }), {
      audit: [],
      raises: [],
      at: systemClock.now(),
    })
  } finally {
    await storage.close()
  }
}
