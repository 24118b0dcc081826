import { describe, expect, it } from '@jest/globals'
import { createTimes } from './times.ts'

const AT = new Date('2026-11-21T18:34:05.999Z')

describe('times', () => {
  it('are said in the zone of the deployment, whatever that of the machine', () => {
    const times = createTimes('en-GB', 'Asia/Kolkata')
    expect(times.second(AT)).toBe('00:04:05')
    expect(times.minute(AT)).toBe('00:04')
    expect(times.day(AT)).toBe('22 November 2026')
    expect(times.zone(AT)).toBe('UTC+05:30')
  })

  it('name the zone when it is UTC, which nobody chose', () => {
    const times = createTimes('en-GB', 'UTC')
    expect(times.second(AT)).toBe('18:34:05 UTC')
    expect(times.minute(AT)).toBe('18:34 UTC')
    expect(times.clock(AT)).toBe('18:34')
    expect(times.zone(AT)).toBe('UTC')
  })

  it('follow summer time', () => {
    const times = createTimes('en-GB', 'Europe/Berlin')
    expect(times.zone(AT)).toBe('UTC+01:00')
    expect(times.zone(new Date('2026-07-01T00:00:00Z'))).toBe('UTC+02:00')
  })
})
