import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { systemRandom } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import { createAfterAnswer } from './after-answer.ts'

function logged() {
  const lines: string[] = []
  const log = { error: (_: object, what: string) => lines.push(what) } as unknown as Log
  return { lines, log }
}

describe('what comes after the answer', () => {
  it('has not begun when the turn of the event loop ends', async () => {
    const after = createAfterAnswer({ ...systemRandom, below: () => 3_600_000 }, logged().log)
    let isDone = false
    after.run('it is not done', () => {
      isDone = true
    })
    await new Promise(setImmediate)
    await wait(30)
    expect(isDone).toBe(false)
    await after.finish()
    expect(isDone).toBe(true)
  })

  it('begins at a moment that is drawn', async () => {
    const drawn: number[] = []
    const random = {
      ...systemRandom,
      below(limit: number) {
        drawn.push(limit)
        return 0
      },
    }
    const after = createAfterAnswer(random, logged().log)
    after.run('it is not done', () => {})
    after.run('it is not done', () => {})
    expect(drawn).toEqual([40, 40])
    await after.finish()
  })

  it('is done at once, all of it, when the process is to stop', async () => {
    const after = createAfterAnswer({ ...systemRandom, below: () => 3_600_000 }, logged().log)
    const done: number[] = []
    after.run('one is not done', () => {
      done.push(1)
    })
    after.run('two is not done', async () => {
      await wait(10)
      done.push(2)
    })
    await after.finish()
    expect(done).toEqual([1, 2])
  })

  it('is done by itself in the end, also after that', async () => {
    const after = createAfterAnswer(systemRandom, logged().log)
    await after.finish()
    let isDone = false
    after.run('it is not done', () => {
      isDone = true
    })
    while (!isDone) await wait(5)
  })

  it('may fail, which is logged and keeps nothing else from being done', async () => {
    const { lines, log } = logged()
    const after = createAfterAnswer(systemRandom, log)
    let isDone = false
    after.run('the first is not done', () => {
      throw new Error('no')
    })
    after.run('the second is not done', () => Promise.reject(new Error('no')))
    after.run('the third is not done', () => {
      isDone = true
    })
    await after.finish()
    expect(lines.sort()).toEqual(['the first is not done', 'the second is not done'])
    expect(isDone).toBe(true)
  })
})
