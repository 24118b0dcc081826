import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { addAccount } from '../support/add-account.ts'
import { auditOf } from '../support/audit-records.ts'
import { type BalancedVisitor, createBalancedVisitor, type FilledForm } from '../support/balanced-visitor.ts'
import { roomyConfigDir } from '../support/config-dir.ts'
import { fastHasher } from '../support/fast-hasher.ts'
import { type FastNode, startFastNode } from '../support/fast-node.ts'
import { startNode } from '../support/node.ts'
import { GOOD_PASSWORD, messagesTo } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { startNode as startProcess } from '../support/processes.ts'
import { createRelyingParty } from '../support/relying-party.ts'
import { type ShiftedClock, shiftedClock } from '../support/shifted-clock.ts'

type Limits = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Two processes on one database behind one proxy, which says whose address each request has. */
interface Pair {
  readonly first: FastNode
  readonly urls: readonly string[]
  visitor(): BalancedVisitor
}

const WRONG_PASSWORD = 'not-the-password-at-all'
const OVERLOAD = 10
/** Hundreds of tries of one person are the point here, so the first pause must be far away. */
const NO_PAUSE = { freeWrongInARow: 100 }

let stops: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
  stops = []
})

function configWith(limits: Limits): string {
  const folder = roomyConfigDir()
  const file = join(folder, 'limits.json')
  const roomy = JSON.parse(readFileSync(file, 'utf8'))
  const parts = Object.entries(limits).map(([part, numbers]) => [part, { ...roomy[part], ...numbers }])
  writeFileSync(file, JSON.stringify({ ...roomy, ...Object.fromEntries(parts) }))
  stops.push(async () => rmSync(folder, { recursive: true }))
  return folder
}

async function startPair(limits: Limits): Promise<Pair> {
  const configDir = configWith(limits)
  const env = { LATCHKEY_CONFIG_DIR: configDir, LATCHKEY_TRUSTED_PROXIES: '1' }
  const first = await startNode({ env, hasher: fastHasher() })
  stops.push(first.stop)
  const port = await freePort()
  const second = startProcess(join(import.meta.dirname, '..', 'support', 'node-process.ts'), {
    ...env,
    LATCHKEY_PORT: String(port),
    LATCHKEY_DEMO_PORT: 'off',
    LATCHKEY_DATA_DIR: first.dataDir,
    LATCHKEY_LOG_LEVEL: 'silent',
    LATCHKEY_ISSUER: first.url,
    LATCHKEY_TEST_FAST_HASH: '1',
  })
  stops.push(second.stop)
  await second.waitFor(/^serving$/m)
  const urls = [first.url, `http://localhost:${port}`]
  return { first: { ...first, configDir }, urls, visitor: () => createBalancedVisitor(first.url, urls) }
}

interface Reply {
  readonly status: number
  readonly retryAfter: number | null
}

/** Posts all forms at once, every other one to the other process. */
function postAll(
  { urls }: Pair,
  visitor: BalancedVisitor,
  forms: readonly FilledForm[],
  ipOf: (n: number) => string,
): Promise<Reply[]> {
  return Promise.all(
    forms.map(async ({ action, fields }, n) => {
      const { pathname, search } = new URL(action)
      const response = await fetch(`${urls[n % urls.length]}${pathname}${search}`, {
        method: 'POST',
        body: new URLSearchParams({ ...fields }),
        headers: { accept: 'text/html', cookie: visitor.cookiesFor(action), 'x-forwarded-for': ipOf(n) },
        redirect: 'manual',
      })
      await response.text()
      return { status: response.status, retryAfter: Number(response.headers.get('retry-after')) || null }
    }),
  )
}

/** How many replies had the status; every 429 among all of them says when to come again. */
function count(replies: readonly Reply[], status: number): number {
  for (const reply of replies) if (reply.status === 429) expect(reply.retryAfter).toBeGreaterThan(0)
  return replies.filter((reply) => reply.status === status).length
}

const list = <T>(length: number, make: (n: number) => T) => Array.from({ length }, (_, n) => make(n))
/** Addresses of one /64, which one customer has. */
const inOneNetwork = (n: number) => `2001:db8:1:2:${(n + 1).toString(16)}::${n + 1}`
const elsewhere = (n: number) => `2001:db8:1:${(n + 16).toString(16)}::1`

async function atSignIn(pair: Pair): Promise<BalancedVisitor> {
  const visitor = pair.visitor()
  await visitor.open(createRelyingParty(pair.first.url).authorize().url)
  return visitor
}

async function atSignUp(pair: Pair): Promise<BalancedVisitor> {
  const visitor = pair.visitor()
  await visitor.open('/sign-up?userType=user')
  return visitor
}

/** Every message of both processes, once nothing waits any more. */
async function messagesSent({ first, urls }: Pair): Promise<number> {
  const storage = await openStorage(first.settings.storage, { clock: systemClock })
  try {
    while ((await storage.messages.countWaiting(systemClock.now())) > 0) await wait(20)
  } finally {
    await storage.close()
  }
  // Marked as sent a moment after it stands in the outbox, never before.
  const outboxes = urls.map(async (url) => {
    const response = await fetch(`${url}/dev/outbox.json`)
    return ((await response.json()) as { messages: unknown[] }).messages.length
  })
  return (await Promise.all(outboxes)).reduce((sum, one) => sum + one, 0)
}

describe('ten times too many tries at once, in two processes', () => {
  it.each(['known@example.org', 'unknown@example.org'])(
    'look at 3 passwords of %s before a pause',
    async (identifier) => {
      const pair = await startPair({})
      await addAccount(pair.first, { email: 'known@example.org' })
      const visitor = await atSignIn(pair)
      const form = visitor.fill('sign-in', { identifier, password: WRONG_PASSWORD })
      const replies = await postAll(
        pair,
        visitor,
        list(3 * OVERLOAD, () => form),
        elsewhere,
      )
      expect([count(replies, 422), count(replies, 429)]).toEqual([3, 27])
    },
  )

  it('take password.perIpPerHour wrong passwords of one /64, and leave the next /64 alone', async () => {
    const pair = await startPair({ password: { perIpPerHour: 6 } })
    const visitor = await atSignIn(pair)
    const forms = list(6 * OVERLOAD, (n) =>
      visitor.fill('sign-in', { identifier: `p${n}@example.org`, password: WRONG_PASSWORD }),
    )
    const replies = await postAll(pair, visitor, forms, inOneNetwork)
    expect([count(replies, 422), count(replies, 429)]).toEqual([6, 54])
    const next = visitor.fill('sign-in', { identifier: 'next@example.org', password: WRONG_PASSWORD })
    expect(count(await postAll(pair, visitor, [next], elsewhere), 422)).toBe(1)
    expect(count(await postAll(pair, visitor, [next], () => '192.0.2.7'), 422)).toBe(1)
  })

  it('compare code.attempts codes of one chain', async () => {
    const pair = await startPair({ code: { wrongPerHour: 1000 } })
    await guess(pair, 1, 5 * OVERLOAD)
    expect(await auditOf(pair.first, 'code.wrong')).toHaveLength(5)
  })

  it('compare code.wrongPerHour codes of one account, over all its chains', async () => {
    const pair = await startPair({ password: NO_PAUSE })
    await guess(pair, 20, 5)
    expect(await auditOf(pair.first, 'code.wrong')).toHaveLength(10)
  })

  it('count no guess that nobody compared: a spent chain does not use up the hour of its account', async () => {
    const pair = await startPair({ password: NO_PAUSE })
    await guess(pair, 1, 5 * OVERLOAD)
    await guess(pair, 1, 5 * OVERLOAD, 2)
    expect(await auditOf(pair.first, 'code.wrong')).toHaveLength(10)
  })

  it('sign up signUp.perIpPerHour times from one /64', async () => {
    const pair = await startPair({ signUp: { perIpPerHour: 3 } })
    const visitor = await atSignUp(pair)
    const forms = list(3 * OVERLOAD, (n) => signUpForm(visitor, { email: `s${n}@example.org` }))
    const replies = await postAll(pair, visitor, forms, inOneNetwork)
    expect([count(replies, 303), count(replies, 429)]).toEqual([3, 27])
    const next = signUpForm(visitor, { email: 'next@example.org' })
    expect(count(await postAll(pair, visitor, [next], elsewhere), 303)).toBe(1)
  })

  it('send send.afterPasswordPerDay codes after a right password, and say when it goes on', async () => {
    const pair = await startPair({ password: NO_PAUSE, send: { afterPasswordPerDay: 3 } })
    await addAccount(pair.first, { email: 'ann@example.org' })
    const replies = await Promise.all(
      list(3 * OVERLOAD, async (n) => {
        const visitor = await atSignIn(pair)
        const form = visitor.fill('sign-in', { identifier: 'ann@example.org', password: GOOD_PASSWORD })
        return postAll(pair, visitor, [form], () => elsewhere(n))
      }),
    )
    expect([count(replies.flat(), 303), count(replies.flat(), 429)]).toEqual([3, 27])
    expect(await messagesSent(pair)).toBe(3)
  })

  it('pass requests.perIpPerMinute in each process, about', async () => {
    const pair = await startPair({ requests: { perIpPerMinute: 50 } })
    const replies = await Promise.all(
      list(50 * OVERLOAD, async (n) => {
        const headers = { accept: 'text/html', 'x-forwarded-for': inOneNetwork(n) }
        const response = await fetch(`${pair.urls[n % 2]}/sign-up`, { headers })
        await response.text()
        return { status: response.status, retryAfter: Number(response.headers.get('retry-after')) || null }
      }),
    )
    expect(count(replies, 200)).toBeGreaterThanOrEqual(50)
    expect(count(replies, 200)).toBeLessThanOrEqual(100)
  })
})

const oneContact = () => ({ email: 'one@example.org' })
const manyEmails = (n: number) => ({ email: `m${n}@example.org` })
const manyIndians = (n: number) => ({ phone: `+91 98765 43${String(n).padStart(3, '0')}` })
const emailsAndPhones = (n: number) => (n % 2 === 0 ? manyEmails(n) : manyIndians(n))

describe('ten times too many messages that strangers cause, in two processes', () => {
  it.each([
    ['perDestinationPer10Minutes', oneContact, elsewhere],
    ['perDestinationPerDay', oneContact, elsewhere],
    ['perIpPerHour', manyEmails, inOneNetwork],
    ['unknownContactPerHour', manyEmails, elsewhere],
    ['perCountryPerHour', manyIndians, elsewhere],
    ['totalPerHour', emailsAndPhones, elsewhere],
  ] as const)(
    'are as many as send.%s, and no page says which were not sent',
    async (number, contactOf, ipOf) => {
      const pair = await startPair({ send: { [number]: 3 } })
      const visitor = await atSignUp(pair)
      const forms = list(3 * OVERLOAD, (n) => signUpForm(visitor, contactOf(n)))
      const replies = await postAll(pair, visitor, forms, ipOf)
      expect(count(replies, 303)).toBe(30)
      expect(await messagesSent(pair)).toBe(3)
    },
  )
})

function signUpForm(visitor: BalancedVisitor, contact: Readonly<Record<string, string>>): FilledForm {
  return visitor.fill('sign-up', { ...contact, password: GOOD_PASSWORD })
}

/** Begins chains of one account by right passwords, then guesses at all of them at once. */
async function guess(pair: Pair, chains: number, guesses: number, codesBefore = 1): Promise<void> {
  if (codesBefore === 1) await addAccount(pair.first, { email: 'guessed@example.org' })
  const visitors: BalancedVisitor[] = []
  for (let chain = 0; chain < chains; chain++) {
    const visitor = await atSignIn(pair)
    await visitor.submit('sign-in', { identifier: 'guessed@example.org', password: GOOD_PASSWORD })
    visitors.push(visitor)
  }
  const replies = await Promise.all(
    visitors.map((visitor) => {
      // Six digits are never seven: wrong for certain.
      const form = visitor.fill('code', { code: '0000000' })
      return postAll(
        pair,
        visitor,
        list(guesses, () => form),
        elsewhere,
      )
    }),
  )
  expect(count(replies.flat(), 422) + count(replies.flat(), 429)).toBe(chains * guesses)
}

describe('a limit as time goes by', () => {
  async function startShifted(): Promise<{ node: FastNode; clock: ShiftedClock }> {
    const clock = shiftedClock()
    const node = await startFastNode({ clock })
    stops.push(node.stop)
    return { node, clock }
  }

  /** The page is there already when a pause begins: on a slow machine it would take half of it to get there. */
  async function openSignIn(node: FastNode, identifier: string): Promise<() => Promise<Reply>> {
    const visitor = createBalancedVisitor(node.url)
    await visitor.open(createRelyingParty(node.url).authorize().url)
    return async () => {
      const { status, headers } = await visitor.submit('sign-in', { identifier, password: WRONG_PASSWORD })
      return { status, retryAfter: Number(headers.get('retry-after')) || null }
    }
  }

  it('pauses 10, 20, 40 … seconds, never over 15 minutes, and each pause ends', async () => {
    const { node, clock } = await startShifted()
    // An interaction lives by the library's own clock and not for long: most of this is in the past.
    let ahead = -2000
    const open = () => clock.later(ahead, () => openSignIn(node, 'slow@example.org'))
    const submit = (form: () => Promise<Reply>) => clock.later(ahead, form)
    let next = await open()
    for (let free = 0; free < 3; free++) {
      const form = next
      next = await open()
      expect((await submit(form)).status).toBe(422)
    }
    for (const pause of [10, 20, 40, 80, 160, 320, 640, 900]) {
      const refused = await submit(next)
      expect(refused.status).toBe(429)
      expect(refused.retryAfter).toBeLessThanOrEqual(pause)
      expect(refused.retryAfter).toBeGreaterThan(pause - 5)
      ahead += pause
      const form = await open()
      next = await open()
      expect((await submit(form)).status).toBe(422)
    }
  })

  it('forgets wrong passwords after an hour', async () => {
    const { node, clock } = await startShifted()
    const spend = async () => {
      const [first, second, third, last] = await Promise.all(
        Array.from({ length: 4 }, () => openSignIn(node, 'forgot@example.org')),
      )
      for (const wrong of [first, second, third]) expect((await wrong?.())?.status).toBe(422)
      expect((await last?.())?.status).toBe(429)
    }
    await clock.later(-3601, spend)
    await spend()
  })

  it('sends 5 messages in ten minutes and 10 in a day to one destination', async () => {
    const clock = shiftedClock()
    const shipped = (node: FastNode['settings']) => ({
      ...node,
      limits: {
        ...node.limits,
        send: { ...node.limits.send, perDestinationPer10Minutes: 5, perDestinationPerDay: 10 },
      },
    })
    const node = await startFastNode({ clock, change: shipped })
    stops.push(node.stop)
    async function sentAfter(seconds: number): Promise<number> {
      await clock.later(seconds, async () => {
        for (let n = 0; n < 6; n++) {
          const visitor = createBalancedVisitor(node.url)
          await visitor.open('/sign-up?userType=user')
          await visitor.submit('sign-up', { email: 'often@example.org', password: GOOD_PASSWORD })
          expect(visitor.at.page.querySelector('form[id="code"]')).not.toBeNull()
        }
        await wait(100)
      })
      return (await messagesTo(node.url, 'often@example.org')).length
    }
    expect(await sentAfter(0)).toBe(5)
    expect(await sentAfter(660)).toBe(10)
    expect(await sentAfter(1320)).toBe(10)
    expect(await sentAfter(86_460)).toBe(15)
  })
})
