import { describe, expect, it } from '@jest/globals'
import { createSessions } from './sessions.ts'

function createTestSessions(limit: number) {
  let at = new Date('2026-11-21T10:40:00Z')
  let count = 0
  const sessions = createSessions({
    limit,
    lifetimeSeconds: 60,
    now: () => at,
    newSecret: () => `secret-${++count}`,
  })
  const pass = (seconds: number) => {
    at = new Date(at.getTime() + seconds * 1000)
  }
  return { sessions, pass }
}

describe('sessions of the demo application', () => {
  it('are found by their id until they end', () => {
    const { sessions } = createTestSessions(10)
    const session = sessions.begin()
    expect(sessions.find(session.id)).toBe(session)
    sessions.end(session)
    expect(sessions.find(session.id)).toBeNull()
  })

  it('are absent from the end of their lifetime on', () => {
    const { sessions, pass } = createTestSessions(10)
    const session = sessions.begin()
    pass(59)
    expect(sessions.find(session.id)).toBe(session)
    pass(1)
    expect(sessions.find(session.id)).toBeNull()
  })

  it('are bounded: the oldest makes room', () => {
    const { sessions } = createTestSessions(2)
    const [first, second, third] = [sessions.begin(), sessions.begin(), sessions.begin()]
    expect(sessions.find(first.id)).toBeNull()
    expect(sessions.find(second.id)).toBe(second)
    expect(sessions.find(third.id)).toBe(third)
  })
})
