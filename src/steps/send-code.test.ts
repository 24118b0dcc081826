import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { NOON } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { createAudit, type Origin } from '../domain/audit/index.ts'
import { createMessages } from '../domain/delivery/index.ts'
import { createLimits, limitsFileSchema } from '../domain/limits/index.ts'
import { createOtp } from '../domain/otp/index.ts'
import { systemRandom as random } from '../lib/ids.ts'
import { type CodeRequest, createSendCode, type SendCode } from './send-code.ts'

const KEY = { id: 'k1', key: Buffer.alloc(32, 7) }
const POLICY = { digits: 6, lifetimeSeconds: 300, resendSeconds: 30, attempts: 5 }

const clock = movingClock(NOON)
const { storage } = temporaryStorage(clock)

const ORIGIN: Origin = {
  api: 'sign-up',
  step: 'resend',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  actor: { kind: 'stranger', id: null },
  clientId: null,
  ip: '192.0.2.7',
  userAgent: null,
}

let woken: number
/** What is left to be done after the answer. */
let left: (() => void | Promise<void>)[]
let sendCode: SendCode

beforeEach(() => {
  woken = 0
  left = []
  sendCode = createSendCode({
    otp: createOtp({ challenges: storage().challenges, peppers: [KEY], clock, random }),
    messages: createMessages({ keys: [KEY], clock, random }),
    limits: createLimits({
      store: storage().limits,
      settings: limitsFileSchema.parse({}),
      key: KEY.key,
      clock,
    }),
    audit: createAudit({ store: storage().audit, keys: [KEY], clock, random }),
    afterAnswer: { run: (_, work) => left.push(work), async finish() {} },
    wake: () => {
      woken += 1
    },
  })
})

const signUp = (destination: string, known: boolean): CodeRequest => ({
  purpose: 'sign-up',
  channel: 'email',
  destination,
  policy: POLICY,
  clientName: null,
  language: 'en',
  by: { kind: 'stranger', known },
})

describe('the second code of a sign-up', () => {
  it.each([
    { contact: 'taken', known: true, queued: 1, records: 3 },
    { contact: 'free', known: false, queued: 2, records: 2 },
  ])('leaves as much undone before the answer when the contact is $contact', async ({ known, ...then }) => {
    const first = await sendCode.start('chl_first', signUp('ann@example.org', known), ORIGIN)
    if (!first.ok) throw new Error(first.reason)
    for (const work of left.splice(0)) await work()
    woken = 0
    clock.advance(31)

    expect(await sendCode.again(first.challenge, signUp('ann@example.org', known), ORIGIN)).toMatchObject({
      ok: true,
    })
    expect([woken, left.length, await storage().audit.countUnsealed()]).toEqual([0, 1, 2])
    for (const work of left) await work()
    expect(await storage().messages.countWaiting(clock.now())).toBe(then.queued)
    expect([woken, await storage().audit.countUnsealed()]).toEqual([then.queued - 1, then.records])
  })
})
