import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as pause } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { createInTurn } from './in-turn.ts'

describe('jobs of one key', () => {
  it('are done one after the other, in their order, each with its own answer', async () => {
    const inTurn = createInTurn()
    let running = 0
    const done: number[] = []
    const job = (index: number) => async () => {
      running++
      await pause()
      expect(running).toBe(1)
      done.push(index)
      running--
      return index
    }
    expect(await Promise.all([0, 1, 2, 3].map((index) => inTurn('one', job(index))))).toEqual([0, 1, 2, 3])
    expect(done).toEqual([0, 1, 2, 3])
  })

  it('wait for no other key', async () => {
    const inTurn = createInTurn()
    let letGo = () => {}
    const held = inTurn('one', () => new Promise<void>((resolve) => (letGo = resolve)))
    expect(await inTurn('two', async () => 'done')).toBe('done')
    letGo()
    await held
  })

  it('go on when one fails', async () => {
    const inTurn = createInTurn()
    const failed = inTurn('one', () => Promise.reject(new Error('broken')))
    const next = inTurn('one', async () => 'done')
    await expect(failed).rejects.toThrow('broken')
    expect(await next).toBe('done')
  })

  it('each run in the context in which they were asked for', async () => {
    const inTurn = createInTurn()
    const context = new AsyncLocalStorage<string>()
    const answers = ['a', 'b', 'c'].map((name) =>
      context.run(name, () => inTurn('one', async () => context.getStore())),
    )
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c'])
  })
})
