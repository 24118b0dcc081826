import { createOperator } from '../../src/composition/index.ts'
import type { Account, NewAccount } from '../../src/domain/accounts/index.ts'
import { createAudit, systemOrigin } from '../../src/domain/audit/index.ts'
import { createMessages, type MessageContent } from '../../src/domain/delivery/index.ts'
import type { ApplicantAnswer, Employees } from '../../src/domain/employees/index.ts'
import { openKeys } from '../../src/domain/keys/index.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { systemRandom as random } from '../../src/lib/ids.ts'
import { readSettings, systemIo } from '../../src/settings/index.ts'
import type { Storage } from '../../src/storage/index.ts'

export const AT_THE_SHELL = systemOrigin('cli', 'a test', random)

/** A register that answers the same to everybody, as long as the answer is not changed. */
export function obedientRegister() {
  const register = { answer: { kind: 'unavailable' } as ApplicantAnswer, names: new Set<string>() }
  const employees: Pick<Employees, 'check' | 'isEmployeeId'> = {
    check: async () => register.answer,
    isEmployeeId: async (name) => (register.names.has(name) ? 'yes' : 'no'),
  }
  return { register, employees }
}

/** What an operator's commands stand on, on a store of a test. */
export async function operatorOn(storage: Storage, clock: Clock) {
  const settings = readSettings({ LATCHKEY_ISSUER: 'http://localhost:3000' }, systemIo)
  const keys = await openKeys({
    store: storage.keys,
    masterKeys: [{ key: Buffer.alloc(32, 1) }],
    clock,
    random,
  })
  const audit = createAudit({ store: storage.audit, keys: keys.dataKeys('audit'), clock, random })
  const { register, employees } = obedientRegister()
  const operator = createOperator({ storage, keys, audit, settings, employees, clock, random })
  const messages = createMessages({ keys: keys.dataKeys('messages'), clock, random })

  return {
    ...operator,
    storage,
    keys,
    register,
    /** An account as no journey makes it. */
    async add(input: Partial<NewAccount> & Pick<NewAccount, 'userType'>): Promise<Account> {
      const nothing = { email: null, phone: null, passwordHash: null, adminRole: null }
      const account = operator.accounts.draft({ userTypeVersion: 1, ...nothing, ...input })
      await operator.accounts.open(account, input.userType, { audit: [] })
      return account
    },
    /** Everything that waits to be sent. */
    async queued(): Promise<(MessageContent & { channel: string; expiresAt: Date })[]> {
      const claimed = await storage.messages.claim('a test', clock.now(), clock.now(), {
        sms: 1000,
        email: 1000,
      })
      return claimed.map((one) => ({ ...messages.read(one), channel: one.channel, expiresAt: one.expiresAt }))
    },
    async events(): Promise<{ event: string; outcome: string; reason: string | null; subject: unknown }[]> {
      const entries = await storage.audit.listUnsealed(1000)
      return entries.map(({ body }) => JSON.parse(body))
    },
  }
}

export type TestOperator = Awaited<ReturnType<typeof operatorOn>>
