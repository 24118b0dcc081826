import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { aMessage, NOON } from '../../../tests/support/records.ts'
import { temporaryStorage } from '../../../tests/support/temporary-storage.ts'
import { systemRandom } from '../../lib/ids.ts'
import type { ChallengeWrite } from './challenge-store.ts'
import { createOtp, type NewChain } from './otp.ts'

const clock = movingClock(NOON)
const { storage } = temporaryStorage(clock)
const chain: NewChain = {
  purpose: 'code-only',
  accountId: null,
  channel: 'email',
  destination: 'ann@example.org',
  policy: { digits: 8, lifetimeSeconds: 300, resendSeconds: 30, attempts: 5 },
}

/** Begins a chain and types the very code that was made for it. */
async function typeRightCode(changes: Partial<NewChain>, messages: ChallengeWrite['messages'] = []) {
  const peppers = [{ id: 'p1', key: Buffer.alloc(32, 1) }] as const
  const otp = createOtp({ challenges: storage().challenges, peppers, clock, random: systemRandom })
  let made = ''
  const started = await otp.start({ ...chain, ...changes }, async ({ code }) => {
    made = code
    return { audit: [], messages }
  })
  if (!started.ok) throw new Error('The chain did not begin.')
  const { challenge } = started
  return { challenge, result: await otp.verify(challenge.id, made, chain, async () => []) }
}

describe('a decoy', () => {
  it('is opened by no code, and looks like any other challenge', async () => {
    const real = await typeRightCode({})
    expect(real.result.ok).toBe(true)
    const decoy = await typeRightCode({ decoy: true })
    expect(decoy.result).toEqual({ ok: false, reason: 'wrong-code', attemptsLeft: 4 })
    const { codeMac, ...rest } = decoy.challenge
    expect(codeMac.byteLength).toBe(real.challenge.codeMac.byteLength)
    expect(Object.keys(rest)).toEqual(Object.keys(real.challenge).filter((name) => name !== 'codeMac'))
    expect(await storage().challenges.find(decoy.challenge.id)).toMatchObject({ status: 'pending' })
  })
})

describe('a code whose message could not be paid', () => {
  const price = { takes: [[{ key: 'to:ann', limit: 1, windowSeconds: 60 }]], whenSpent: 'drop' } as const

  it('opens nothing: who asks for codes without end has guesses only at those that were sent', async () => {
    const sent = await typeRightCode({}, [{ ...aMessage(), price }])
    expect(sent.result.ok).toBe(true)
    const unsent = await typeRightCode({}, [{ ...aMessage(), price }])
    expect(unsent.result).toEqual({ ok: false, reason: 'wrong-code', attemptsLeft: 4 })
  })
})
