import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { changeUserType } from '../support/change-user-type.ts'
import { latchkeyHere } from '../support/command.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import {
  addAccount,
  type Browser,
  isRefreshed,
  isSignedIn,
  isTokenAlive,
  openBrowser,
  openPage,
} from '../support/my-account.ts'
import { codeFor, GOOD_PASSWORD } from '../support/people.ts'
import { NEW_PASSWORD, proveContact } from '../support/recovery.ts'

/** Somebody signed in in two browsers; what happens happens in the first. */
interface Person {
  readonly accountId: string
  readonly email: string
  readonly here: Browser
  readonly elsewhere: Browser
}

type Which = 'none' | 'here' | 'elsewhere' | 'both'

/** What is alive after an event: a row of the matrix of product.md. */
interface Row {
  readonly event: string
  readonly happen: (person: Person) => Promise<unknown>
  readonly sessions: Which
  readonly refreshTokens: Which
  readonly accessTokens: Which
  readonly devices: 'kept' | 'none'
}

const NOTHING = { sessions: 'none', refreshTokens: 'none', accessTokens: 'none', devices: 'none' } as const
const THIS_SESSION = { ...NOTHING, sessions: 'here', refreshTokens: 'here' } as const

const ROWS: readonly Row[] = [
  {
    event: 'sign out',
    happen: async ({ here }) => {
      await openPage(here.visitor)
      await here.visitor.submit('sign-out', { decision: 'sign-out' })
    },
    sessions: 'elsewhere',
    refreshTokens: 'elsewhere',
    accessTokens: 'elsewhere',
    devices: 'kept',
  },
  {
    event: 'sign out everywhere',
    happen: async ({ here }) => {
      await openPage(here.visitor)
      await here.visitor.submit('sign-out-everywhere')
    },
    ...NOTHING,
  },
  {
    event: 'deactivate',
    happen: async ({ here }) => {
      await openPage(here.visitor, '/account/deactivate')
      await here.visitor.submit('deactivate', { currentPassword: GOOD_PASSWORD })
    },
    ...NOTHING,
  },
  {
    event: 'disable',
    happen: ({ accountId }) => latchkeyHere(node, 'accounts', 'disable', accountId),
    ...NOTHING,
  },
  {
    event: 'password change',
    happen: async ({ here }) => {
      await openPage(here.visitor, '/account/password')
      const newPassword = 'seven-grey-herons-at-noon'
      await here.visitor.submit('change-password', { currentPassword: GOOD_PASSWORD, newPassword })
    },
    ...THIS_SESSION,
  },
  {
    event: 'password reset',
    happen: async ({ email }) => {
      const stranger = await proveContact(node.url, email)
      await stranger.submit('new-password', { newPassword: NEW_PASSWORD })
    },
    ...NOTHING,
  },
  {
    event: 'contact change',
    happen: async ({ here, email }) => {
      const contact = `new.${email}`
      await openPage(here.visitor, '/account/contact?channel=email')
      await here.visitor.submit('change-contact', { contact })
      await here.visitor.submit('code', { code: await codeFor(node.url, contact) })
    },
    ...THIS_SESSION,
  },
  {
    event: 'contact removal',
    happen: async ({ here }) => {
      await openPage(here.visitor, '/account/contact/remove?channel=sms')
      await here.visitor.submit('remove-contact')
    },
    ...THIS_SESSION,
  },
  {
    event: 'user type change',
    happen: () => changeUserType(node, 'user', (type) => ({ ...type, roles: [...type.roles, 'reader'] })),
    sessions: 'both',
    refreshTokens: 'both',
    accessTokens: 'none',
    devices: 'kept',
  },
]

let node: FastNode
let count = 0

beforeAll(async () => {
  node = await startFastNode()
})

afterAll(() => node.stop())

async function openPerson(): Promise<Person> {
  count += 1
  const email = `ann.${count}@example.org`
  const accountId = await addAccount(node, { email, phone: `+1415555${5000 + count}` })
  const here = await openBrowser(node.url, email)
  const elsewhere = await openBrowser(node.url, email)
  return { accountId, email, here, elsewhere }
}

async function aliveOf(person: Person, isAlive: (browser: Browser) => Promise<boolean>): Promise<Which> {
  const here = await isAlive(person.here)
  const elsewhere = await isAlive(person.elsewhere)
  if (here) return elsewhere ? 'both' : 'here'
  return elsewhere ? 'elsewhere' : 'none'
}

async function devicesOf({ accountId }: Person): Promise<number> {
  const storage = await openStorage(node.settings.storage, { clock: systemClock })
  try {
    return (await storage.devices.listByAccount(accountId, systemClock.now(), 10)).length
  } finally {
    await storage.close()
  }
}

const sessionsOf = (person: Person) => aliveOf(person, ({ visitor }) => isSignedIn(node.url, visitor))
const accessTokensOf = (person: Person) =>
  aliveOf(person, ({ accessToken }) => isTokenAlive(node.url, accessToken))
const refreshTokensOf = (person: Person) =>
  aliveOf(person, ({ refreshToken }) => isRefreshed(node.url, refreshToken))

describe('before anything happens', () => {
  it('everything is alive', async () => {
    const person = await openPerson()
    expect(await sessionsOf(person)).toBe('both')
    expect(await accessTokensOf(person)).toBe('both')
    expect(await refreshTokensOf(person)).toBe('both')
    expect(await devicesOf(person)).toBe(2)
  })
})

describe.each(ROWS)('after $event', (row) => {
  let person: Person

  beforeAll(async () => {
    person = await openPerson()
    await row.happen(person)
  })

  it(`of the sessions alive: ${row.sessions}`, async () => {
    expect(await sessionsOf(person)).toBe(row.sessions)
  })

  it(`of the access tokens alive: ${row.accessTokens}`, async () => {
    expect(await accessTokensOf(person)).toBe(row.accessTokens)
  })

  it(`of the refresh tokens alive: ${row.refreshTokens}`, async () => {
    expect(await refreshTokensOf(person)).toBe(row.refreshTokens)
  })

  it(`trusted devices: ${row.devices}`, async () => {
    expect(await devicesOf(person)).toBe(row.devices === 'kept' ? 2 : 0)
  })
})
