import { afterEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../../../tests/support/eventually.ts'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { createListeners, type Listeners } from './listeners.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
let listeners: Listeners

afterEach(() => listeners.close())

function open() {
  listeners = createListeners({
    newest: async () => '1',
    log: { warn: () => {} },
    clock,
    mostListeners: 5,
    mostOfOneNetwork: 2,
  })
  return listeners
}

describe('those who listen', () => {
  it('are so many of one network, and another has room all the same', () => {
    const { open: listen } = open()
    expect(['192.0.2.1', '192.0.2.1', '192.0.2.1'].map((one) => listen(one) !== null)).toEqual([
      true,
      true,
      false,
    ])
    expect(listen('192.0.2.2')).not.toBeNull()
  })

  it('are so many in all', () => {
    const { open: listen } = open()
    const opened = [1, 2, 3, 4, 5, 6].map((n) => listen(`192.0.2.${n}`) !== null)
    expect(opened).toEqual([true, true, true, true, true, false])
  })

  it('make room when they go', async () => {
    const { open: listen } = open()
    const [first] = [listen('192.0.2.1'), listen('192.0.2.1')]
    const gone = new Promise((resolve) => first?.once('close', resolve))
    first?.destroy()
    await gone
    expect(listen('192.0.2.1')).not.toBeNull()
    expect(listen('192.0.2.1')).toBeNull()
  })

  it('are told after 20 seconds that they are not forgotten, however few looks that were', async () => {
    const stream = open().open('192.0.2.1')
    let heard = ''
    stream?.on('data', (chunk) => {
      heard += chunk
    })
    await eventually('the first event', () => heard.includes('event: changed'))
    clock.advance(20)
    await eventually('a comment', () => heard.endsWith(': still here\n\n'))
  })
})
