import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface MoreConfiguration {
  readonly clients?: readonly object[]
  readonly apis?: readonly object[]
  /** In the place of shipped types of the same id, or beside them. */
  readonly userTypes?: readonly object[]
}

const SHIPPED = join(import.meta.dirname, '..', '..', 'config')
const PLENTY = 100_000

/** Budgets that no test uses up. What a wrong password or code costs stays as shipped. */
const ROOMY = {
  password: { perIpPerHour: PLENTY },
  send: {
    perDestinationPer10Minutes: PLENTY,
    perDestinationPerDay: PLENTY,
    afterPasswordPerDay: PLENTY,
    perIpPerHour: PLENTY,
    unknownContactPerHour: PLENTY,
    perCountryPerHour: PLENTY,
    totalPerHour: PLENTY,
  },
  signUp: {
    perIpPerHour: PLENTY,
    notConfirmedPerContactPerDay: PLENTY,
    notConfirmedPerEmployeeIdPerDay: PLENTY,
  },
  requests: { perIpPerMinute: PLENTY },
}

/** A copy of the shipped configuration with roomy budgets and more clients, APIs and user types. The caller removes it. */
export function roomyConfigDir(more: MoreConfiguration = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-config-'))
  cpSync(SHIPPED, folder, { recursive: true })

  function change(name: string, make: (shipped: Record<string, object>) => object): void {
    const file = join(folder, `${name}.json`)
    writeFileSync(file, JSON.stringify(make(JSON.parse(readFileSync(file, 'utf8')))))
  }
  for (const name of ['clients', 'apis'] as const) {
    change(name, (shipped) => ({ ...shipped, [name]: [...listOf(shipped[name]), ...(more[name] ?? [])] }))
  }
  const { userTypes = [] } = more
  const ids: readonly unknown[] = userTypes.map((type) => (type as { id?: unknown }).id)
  change('user-types', (shipped) => {
    const others = listOf(shipped['userTypes']).filter((type) => !ids.includes((type as { id: string }).id))
    return { ...shipped, userTypes: [...others, ...userTypes] }
  })
  change('limits', (shipped) => {
    const parts = Object.entries(ROOMY).map(([part, numbers]) => [part, { ...shipped[part], ...numbers }])
    return { ...shipped, ...Object.fromEntries(parts) }
  })
  return folder
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
