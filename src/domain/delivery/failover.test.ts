import { describe, expect, it } from '@jest/globals'
import { anOutgoingMessage } from '../../../tests/support/an-outgoing-message.ts'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { createFailover, type Handing } from './failover.ts'
import { failing, refusing, type Sender, type SendOutcome, unsure } from './sender.ts'

const OK: SendOutcome = { kind: 'handed-over' }

/** A sender that answers in turn, the last answer for ever. */
function aSender(name: string, repeatable: boolean, ...answers: SendOutcome[]) {
  const sent: string[] = []
  const sender: Sender = {
    name,
    repeatable,
    close() {},
    async send({ id }) {
      sent.push(id)
      return (answers.length > 1 ? answers.shift() : answers[0]) ?? OK
    },
  }
  return { sender, sent, name }
}

function aFailover(...senders: ReturnType<typeof aSender>[]) {
  const clock = movingClock(new Date())
  const pauses: number[] = []
  const outcomes: string[] = []
  const failover = createFailover({
    senders: { sms: senders.map(({ sender }) => sender), email: [] },
    clock,
    random: { bytes: (length) => Buffer.alloc(length), below: () => 0 },
    pause: async (milliseconds) => void pauses.push(milliseconds),
    onOutcome: (channel, provider, outcome) => void outcomes.push(`${channel} ${provider} ${outcome}`),
    failures: 3,
    openSeconds: 15,
  })
  const noted: string[][] = []
  const deliver = (change: Partial<Handing> = {}) =>
    failover.deliver({
      message: anOutgoingMessage(),
      unsure: [],
      note: async (names) => {
        noted.push([...names])
        return true
      },
      ...change,
    })
  return { failover, clock, pauses, outcomes, noted, deliver }
}

describe('providers in their order', () => {
  it('the first has it, and nobody else is asked', async () => {
    const [first, second] = [aSender('a', false, OK), aSender('b', false, OK)]
    const { deliver, noted } = aFailover(first, second)
    expect(await deliver()).toEqual({ kind: 'handed-over', provider: 'a' })
    expect([first.sent.length, second.sent.length]).toEqual([1, 0])
    expect(noted).toEqual([['a']])
  })

  it('one that surely failed is asked once more, after a moment, then the next', async () => {
    const [first, second] = [aSender('a', false, failing('503')), aSender('b', false, OK)]
    const { deliver, pauses, noted, outcomes } = aFailover(first, second)
    expect(await deliver()).toEqual({ kind: 'handed-over', provider: 'b' })
    expect([first.sent.length, second.sent.length]).toEqual([2, 1])
    expect(pauses).toEqual([100])
    expect(noted).toEqual([['a'], ['b']])
    expect(outcomes).toEqual(['sms a try-elsewhere', 'sms a try-elsewhere', 'sms b handed-over'])
  })

  it('one that may have it is not asked again, unless it can tell a repetition', async () => {
    const [plain, keyed] = [aSender('a', false, unsure('time')), aSender('b', true, unsure('time'), OK)]
    const { deliver, noted } = aFailover(plain, keyed)
    expect(await deliver()).toEqual({ kind: 'handed-over', provider: 'b' })
    expect([plain.sent.length, keyed.sent.length]).toEqual([1, 2])
    expect(noted).toEqual([['a']])
  })

  it('one that may have it from before a crash is left out', async () => {
    const [first, second] = [aSender('a', false, OK), aSender('b', false, OK)]
    const { deliver } = aFailover(first, second)
    expect(await deliver({ unsure: ['a'] })).toEqual({ kind: 'handed-over', provider: 'b' })
    expect(first.sent).toEqual([])
  })

  it('when each may have it, that is the end', async () => {
    const { deliver } = aFailover(aSender('a', false, unsure('time')), aSender('b', false, unsure('reset')))
    expect(await deliver()).toEqual({ kind: 'unsure', reason: 'a: time; b: reset' })
  })

  it('what is tried later remembers who may have it', async () => {
    const { deliver } = aFailover(aSender('a', false, unsure('time')), aSender('b', false, failing('503')))
    expect(await deliver()).toMatchObject({ kind: 'later', unsure: ['a'] })
  })

  it('of a number that takes no message nobody else is asked', async () => {
    const second = aSender('b', false, OK)
    const { deliver } = aFailover(aSender('a', false, { kind: 'never', reason: 'landline' }), second)
    expect(await deliver()).toEqual({ kind: 'never', reason: 'a: landline' })
    expect(second.sent).toEqual([])
  })

  it('nobody is asked for a message that another process holds, or that has expired', async () => {
    const only = aSender('a', false, OK)
    const { deliver, clock } = aFailover(only)
    expect(await deliver({ note: async () => false })).toEqual({ kind: 'lost' })
    const message = anOutgoingMessage({ expiresAt: clock.now() })
    expect(await deliver({ message })).toMatchObject({ kind: 'later' })
    expect(only.sent).toEqual([])
  })
})

describe('a provider that fails', () => {
  it('is left alone for a while, then one message is the probe', async () => {
    const [first, second] = [aSender('a', false, failing('503')), aSender('b', false, OK)]
    const { failover, deliver, clock } = aFailover(first, second)
    await deliver()
    await deliver()
    expect(first.sent).toHaveLength(3)
    expect(failover.down()).toEqual(['sms:a'])
    expect(failover.stateOf('sms')).toBe('up')
    await deliver()
    expect(first.sent).toHaveLength(3)
    clock.advance(15)
    await deliver()
    expect(first.sent).toHaveLength(4)
    await deliver()
    expect(first.sent).toHaveLength(4)
    expect(second.sent).toHaveLength(5)
  })

  it('is left alone as long as it asks for, and its message goes elsewhere at once', async () => {
    const [first, second] = [aSender('a', false, failing('429', 7), OK), aSender('b', false, OK)]
    const { deliver, clock, pauses } = aFailover(first, second)
    await deliver()
    await deliver()
    expect([first.sent.length, second.sent.length, pauses.length]).toEqual([1, 2, 0])
    clock.advance(7)
    expect(await deliver()).toEqual({ kind: 'handed-over', provider: 'a' })
  })

  it('is left alone no longer when the clock is put back meanwhile', async () => {
    const first = aSender('a', false, failing('429', 90), OK)
    const { deliver, clock } = aFailover(first, aSender('b', false, OK))
    expect(await deliver()).toEqual({ kind: 'handed-over', provider: 'b' })
    clock.advance(-3600)
    expect(await deliver()).toEqual({ kind: 'handed-over', provider: 'a' })
  })

  it('is not one that refuses a message', async () => {
    const first = aSender('a', false, refusing('no route'))
    const { failover, deliver } = aFailover(first, aSender('b', false, OK))
    for (let time = 0; time < 5; time++) await deliver()
    expect(first.sent).toHaveLength(5)
    expect(failover.down()).toEqual([])
  })

  it('alone makes its channel down, then probing, then up again', async () => {
    const only = aSender('a', false, failing('503'), failing('503'), failing('503'), OK)
    const { failover, deliver, clock } = aFailover(only)
    await deliver()
    await deliver()
    expect(failover.stateOf('sms')).toBe('down')
    expect(await deliver()).toMatchObject({ kind: 'later', unsure: [] })
    clock.advance(15)
    expect(failover.stateOf('sms')).toBe('probing')
    expect(await deliver()).toMatchObject({ kind: 'handed-over' })
    expect(failover.stateOf('sms')).toBe('up')
  })
})
