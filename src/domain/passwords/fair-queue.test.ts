import { describe, expect, it } from '@jest/globals'
import { createFairQueue, type Waiting } from './fair-queue.ts'

interface Item extends Waiting {
  readonly name: string
}

const item = (name: string, caller: string, isKnown = false): Item => ({ name, caller, isKnown })
const open = (places: number) => createFairQueue<Item>({ places, placesPerCaller: 2 })

describe('a fair queue', () => {
  it('lets callers take turns, and keeps the order of each', () => {
    const queue = open(20)
    for (const name of ['a1', 'a2', 'a3']) queue.push(item(name, 'a'))
    for (const name of ['b1', 'b2']) queue.push(item(name, 'b'))
    const order = Array.from({ length: 6 }, () => queue.shift()?.name)
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', undefined])
    expect(queue.length).toBe(0)
  })

  it('gives one caller what nobody else wants, and no more once half of the places are taken', () => {
    const queue = open(8)
    const answers = ['1', '2', '3', '4', '5'].map((name) => queue.push(item(name, 'flood')))
    expect(answers).toEqual([null, null, null, null, 'too-many-of-one-caller'])
    expect(queue.push(item('1', 'other'))).toBeNull()
    expect(queue.push(item('2', 'other'))).toBeNull()
  })

  it('keeps its last quarter for people at their own devices, and is full at its end', () => {
    const queue = open(8)
    for (const caller of ['a', 'b', 'c', 'd', 'e', 'f']) expect(queue.push(item('1', caller))).toBeNull()
    expect(queue.push(item('1', 'g'))).toBe('full')
    expect(queue.push(item('1', 'h', true))).toBeNull()
    expect(queue.push(item('2', 'i', true))).toBeNull()
    expect(queue.push(item('3', 'j', true))).toBe('full')
  })
})
