import { describe, expect, it } from '@jest/globals'
import { anAccount, aUserType } from '../../../tests/support/records.ts'
import type { Standing } from '../employees/index.ts'
import { createRoles } from './roles.ts'

const account = anAccount({ roles: ['clerk', 'judge', 'archive'] })
const judge = aUserType({
  roles: ['judge', 'bench'],
  employee: { roles: ['judge', 'senior-judge'], match: [], contact: 'record' },
})

function rolesWhere(standing: Standing) {
  let asked = 0
  const employees = {
    async standingOf() {
      asked += 1
      return standing
    },
  }
  return { roles: createRoles({ employees }), asked: () => asked }
}

const office = (role: string, status: 'active' | 'suspended' | 'ended' | 'absent' = 'active') =>
  ({ kind: 'claimed', employeeId: 'jdg-1001', role, status }) as const

describe('the roles of a person', () => {
  it('are those of the type and those granted directly, sorted, each once; no register is asked', async () => {
    const { roles, asked } = rolesWhere({ kind: 'unavailable' })
    const type = aUserType({ roles: ['user', 'clerk'] })
    expect(await roles.rolesOf(account, type)).toEqual(['archive', 'clerk', 'judge', 'user'])
    expect(asked()).toBe(0)
  })

  it('of a type with an employee check are there while the office is held and fits the type', async () => {
    for (const role of ['judge', 'senior-judge']) {
      const { roles } = rolesWhere(office(role))
      expect(await roles.rolesOf(account, judge)).toEqual(['archive', 'bench', 'clerk', 'judge'])
    }
  })

  it.each([
    ['nobody is claimed', { kind: 'none' }],
    ['the register cannot be asked', { kind: 'unavailable' }],
    ['the record is suspended', office('judge', 'suspended')],
    ['the record has ended', office('judge', 'ended')],
    ['the record is gone', office('judge', 'absent')],
    ['its role is no longer one of the type', office('lawyer')],
  ] as const)('are none at all, granted ones neither, when %s', async (_, standing) => {
    expect(await rolesWhere(standing).roles.rolesOf(account, judge)).toEqual([])
  })
})
