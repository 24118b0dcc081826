import type { EmployeeStore } from './employee-store.ts'
import type { Register } from './register.ts'

/** The register that Latchkey keeps itself. */
export function createBuiltInRegister(store: Pick<EmployeeStore, 'find'>): Register {
  return {
    isLive: true,
    async find(employeeId) {
      const stored = await store.find(employeeId)
      if (stored === null) return { kind: 'absent' }
      const { version, changedAt: _changedAt, ...record } = stored
      return { kind: 'found', record, version }
    },
  }
}
