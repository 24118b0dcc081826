import { describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { createBreaker } from './breaker.ts'

function aBreaker() {
  const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
  const breaker = createBreaker({ failures: 3, openSeconds: 30, clock })
  const fail = (times: number) => {
    for (let time = 0; time < times; time += 1) breaker.pass()?.failed()
  }
  return { clock, breaker, fail }
}

describe('a breaker', () => {
  it('lets all calls pass while fewer fail in a row than open it', () => {
    const { breaker, fail } = aBreaker()
    for (let round = 0; round < 5; round += 1) {
      fail(2)
      breaker.pass()?.succeeded()
    }
    expect(breaker.pass()).not.toBeNull()
  })

  it('lets none pass once enough have failed in a row, until its time is over', () => {
    const { clock, breaker, fail } = aBreaker()
    fail(3)
    expect(breaker.pass()).toBeNull()
    clock.advance(29.999)
    expect(breaker.pass()).toBeNull()
    clock.advance(0.001)
    expect(breaker.pass()).not.toBeNull()
  })

  it('is open no longer than that, also when the clock is put back meanwhile', () => {
    const { clock, breaker, fail } = aBreaker()
    fail(3)
    clock.advance(-3600)
    expect(breaker.state()).toBe('probing')
    expect(breaker.pass()).not.toBeNull()
    expect(breaker.pass()).toBeNull()
    clock.advance(30)
    expect(breaker.pass()).not.toBeNull()
  })

  it('then lets one probe pass, whose success closes it', () => {
    const { clock, breaker, fail } = aBreaker()
    fail(3)
    clock.advance(30)
    const probe = breaker.pass()
    expect(breaker.pass()).toBeNull()
    probe?.succeeded()
    fail(2)
    expect(breaker.pass()).not.toBeNull()
  })

  it('opens again for as long when the probe fails', () => {
    const { clock, breaker, fail } = aBreaker()
    fail(3)
    clock.advance(30)
    breaker.pass()?.failed()
    clock.advance(29)
    expect(breaker.pass()).toBeNull()
    clock.advance(1)
    expect(breaker.pass()).not.toBeNull()
  })

  it('sends another probe when nothing is heard of the first', () => {
    const { clock, breaker, fail } = aBreaker()
    fail(3)
    clock.advance(30)
    const lost = breaker.pass()
    clock.advance(30)
    const probe = breaker.pass()
    expect(probe).not.toBeNull()
    lost?.succeeded()
    expect(breaker.pass()).toBeNull()
    probe?.succeeded()
    expect(breaker.pass()).not.toBeNull()
  })

  it('says how it stands, without taking the probe', () => {
    const { clock, breaker, fail } = aBreaker()
    expect(breaker.state()).toBe('up')
    fail(3)
    expect(breaker.state()).toBe('down')
    clock.advance(30)
    expect([breaker.state(), breaker.state()]).toEqual(['probing', 'probing'])
    const probe = breaker.pass()
    expect(breaker.state()).toBe('down')
    probe?.succeeded()
    expect(breaker.state()).toBe('up')
  })

  it('heeds no call that began before it opened', () => {
    const { clock, breaker, fail } = aBreaker()
    const [early, late] = [breaker.pass(), breaker.pass()]
    fail(3)
    early?.succeeded()
    expect(breaker.pass()).toBeNull()
    clock.advance(15)
    late?.failed()
    clock.advance(15)
    expect(breaker.pass()).not.toBeNull()
  })
})
