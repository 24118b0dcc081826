import { setTimeout as wait } from 'node:timers/promises'
import type { Bench } from '../bench.ts'
import type { Figure } from '../figure.ts'
import type { Answer, HttpClient } from '../http-client.ts'
import { disabledEmailOf, emailOf, PASSWORD } from '../people.ts'
import { newAuthorizationRequest } from '../relying-party.ts'
import { type Browser, createBrowser } from '../sign-in.ts'
import { PEOPLE } from '../site.ts'
import { median } from '../statistics.ts'

const PAIRS_A_ROUND = 100
const WARM_UP_PAIRS = 5
/** What an answer leaves behind, such as a message to be sent, must not meet the next one. */
const REST_MS = 10
/** All that it leaves behind is done by then. */
const LEFT_OVER_MS = 80
const STRANGERS_PASSWORD = 'a-guess-that-nobody-ever-made'

/** A second code may be asked for after one second: see latchkey-server.ts. */
const RESEND_MS = 1100

/** Milliseconds that one answer took. `pair` counts from 0, over all rounds. */
type Ask = (pair: number) => Promise<number>

type Post = (typed: Readonly<Record<string, string>>) => Promise<number>

interface Question {
  readonly name: string
  readonly known: Ask
  readonly unknown: Ask
}

/** Does the time of an answer say who has an account? Hashed as in production: cost 12, in threads. */
export const noOracle: Bench = {
  name: 'no-oracle',
  async measure({ startLatchkey, pace }) {
    const site = await startLatchkey('bcrypt', { disabled: PEOPLE })
    const signIn = await keepFormOpen(site.http, () => newAuthorizationRequest().path, 422)
    const signUp = await keepFormOpen(site.http, () => '/sign-up?userType=user', 303)
    const tryPassword = (identifier: string) => signIn({ identifier, password: STRANGERS_PASSWORD })
    const tryRightPassword = (identifier: string) => signIn({ identifier, password: PASSWORD })
    const tryContact = (email: string) => signUp({ email, password: STRANGERS_PASSWORD })
    const resends = keepSignUpsReady(site.http)
    const questions: Question[] = [
      {
        name: 'first wrong password of somebody',
        known: (pair) => tryPassword(emailOf(pair)),
        unknown: (pair) => tryPassword(nobody(pair)),
      },
      {
        // Keys and counters of everybody are there by now; the third would begin a pause.
        name: 'second wrong password of somebody',
        known: (pair) => tryPassword(emailOf(pair)),
        unknown: (pair) => tryPassword(nobody(pair)),
      },
      {
        name: 'sign-up with a taken contact',
        known: (pair) => tryContact(emailOf(pair)),
        unknown: (pair) => tryContact(nobody(pair)),
      },
      {
        // The owner has had the notice of this day by now.
        name: 'sign-up with the same taken contact again',
        known: () => tryContact(emailOf(0)),
        unknown: () => tryContact(nobody(0)),
      },
      {
        name: 'wrong password of somebody who is disabled',
        known: (pair) => tryPassword(disabledEmailOf(pair)),
        unknown: (pair) => tryPassword(nobodyElse(pair)),
      },
      {
        name: 'right password of somebody who is disabled',
        known: (pair) => tryRightPassword(disabledEmailOf(pair)),
        unknown: (pair) => tryRightPassword(nobodyElse(pair)),
      },
      {
        name: 'second code of a sign-up with a taken contact',
        known: (pair) => resends.askAgain(emailOf, pair),
        unknown: (pair) => resends.askAgain(nobodyElse, pair),
      },
      {
        // What an answer leaves to be done must not be told by the next one either.
        name: 'second code of such a sign-up, with the page after it',
        known: (pair) => resends.askAgain(emailOf, pair, 'and its page'),
        unknown: (pair) => resends.askAgain(nobodyElse, pair, 'and its page'),
      },
    ]
    const figures: Figure[] = []
    for (const question of questions) figures.push(await compareTimes(question, pace.rounds))
    return figures
  },
}

function nobody(pair: number): string {
  return emailOf(pair).replace('person', 'nobody')
}

/** Nobody who was asked for before, so that every counter is as new as that of those on the other side. */
function nobodyElse(pair: number): string {
  return emailOf(pair).replace('person', 'no-other')
}

/** So many sign-ups are brought to their code at a time, beside one another. */
const READY_AT_A_TIME = 20

/** Signs up as far as the code, for many people ahead, so that a second code can be asked for without a wait. */
function keepSignUpsReady(http: HttpClient) {
  const ready = new Map<string, Browser>()

  async function signUp(email: string): Promise<void> {
    const browser = createBrowser(http)
    await browser.open('/sign-up?userType=user')
    await browser.submit({ email, password: STRANGERS_PASSWORD })
    ready.set(email, browser)
  }

  async function take(email: string, pair: number): Promise<Browser> {
    if (!ready.has(email)) {
      const pairs = Array.from({ length: READY_AT_A_TIME }, (_, index) => pair + index)
      await Promise.all(pairs.flatMap((one) => [signUp(emailOf(one)), signUp(nobodyElse(one))]))
      await wait(RESEND_MS)
    }
    const browser = ready.get(email)
    if (browser === undefined) throw new Error(`${email} has not signed up.`)
    ready.delete(email)
    return browser
  }

  return {
    async askAgain(
      emailOfPair: (pair: number) => string,
      pair: number,
      more?: 'and its page',
    ): Promise<number> {
      const email = emailOfPair(pair)
      const browser = await take(email, pair)
      const began = performance.now()
      const { status, header } = await browser.post('/sign-up/resend')
      if (more !== undefined) await browser.open('/sign-up/code?sent=again')
      const took = performance.now() - began
      if (status !== 303 || header('location') !== '/sign-up/code?sent=again')
        throw new Error(`No second code for ${email}: ${status} ${header('location')}`)
      await wait(more === undefined ? REST_MS : LEFT_OVER_MS)
      return took
    },
  }
}

/** A sign-in ends after half an hour, and all questions together take longer: its page is opened anew before that. */
const OPEN_AGAIN_MS = 600_000

/** Opens a page now and then; its form is posted again and again, each time as if for the first time. */
async function keepFormOpen(http: HttpClient, path: () => string, status: number): Promise<Post> {
  let opened = performance.now()
  let post = await openForm(http, path(), status)
  return async (typed) => {
    if (performance.now() - opened > OPEN_AGAIN_MS) {
      opened = performance.now()
      post = await openForm(http, path(), status)
    }
    return post(typed)
  }
}

async function openForm(http: HttpClient, path: string, status: number): Promise<Post> {
  const first = await http.send(path, { headers: { accept: 'text/html' } })
  const location = first.header('location')
  const address = location === null ? path : new URL(location, 'http://localhost').pathname
  const page = location === null ? first : await http.send(address, { headers: headersWith(first.cookies) })
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1]
  if (csrf === undefined) throw new Error(`No form at ${address}: ${page.status} ${page.body}`)
  const headers = headersWith([...first.cookies, ...page.cookies])

  return async (typed) => {
    const began = performance.now()
    const answer: Answer = await http.send(address, { method: 'POST', headers, form: { csrf, ...typed } })
    const took = performance.now() - began
    if (answer.status !== status) throw new Error(`${address}: ${answer.status} ${answer.body}`)
    await wait(REST_MS)
    return took
  }
}

function headersWith(cookies: readonly string[]): Record<string, string> {
  const pairs = new Set(cookies.map((line) => line.split(';', 1)[0] ?? ''))
  return { accept: 'text/html', cookie: [...pairs].join('; ') }
}

async function compareTimes({ name, known, unknown }: Question, rounds: number): Promise<Figure> {
  const times: { known: number; unknown: number }[] = []
  const pairs = rounds * PAIRS_A_ROUND
  for (let pair = 0; pair < WARM_UP_PAIRS + pairs; pair++) {
    // Who comes first changes: what else the machine does meets both.
    if (pair % 2 === 0) times.push({ known: await known(pair), unknown: await unknown(pair) })
    else times.push({ unknown: await unknown(pair), known: await known(pair) })
  }
  const counted = times.slice(WARM_UP_PAIRS)
  const ours = counted.map((one) => one.known)
  const baseline = counted.map((one) => one.unknown)
  const auc = separability(ours, baseline)
  return {
    name: `${name}, ${pairs} pairs (bcrypt)`,
    ours: `${median(ours).toFixed(1)} ms`,
    baseline: `${median(baseline).toFixed(1)} ms, nobody has that identifier`,
    result: `AUC ${auc.toFixed(3)}`,
    goal: '0.45–0.55',
    met: auc >= 0.45 && auc <= 0.55,
  }
}

/**
 * How well the first values can be told from the second by their size: the share of all pairs in which the first is
 * the larger, ties counting half (the AUC of Mann and Whitney). 0.5: not at all; 0 or 1: always.
 */
function separability(first: readonly number[], second: readonly number[]): number {
  let larger = 0
  for (const one of first) for (const other of second) larger += one > other ? 1 : one === other ? 0.5 : 0
  return larger / (first.length * second.length)
}
