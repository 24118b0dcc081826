import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../../tests/support/moving-clock.ts'
import { anEmployee } from '../../../tests/support/records.ts'
import {
  json,
  type RegisterService,
  startRegisterService,
  status,
} from '../../../tests/support/register-service.ts'
import { createHttpRegister } from './http-register.ts'

const clock = movingClock(new Date('2026-08-09T10:40:12.480Z'))
let service: RegisterService
let warnings: object[]

beforeEach(async () => {
  service = await startRegisterService()
  warnings = []
})

afterEach(() => service.close())

function aRegister({ url = service.url, timeoutMs = 2000 } = {}) {
  const log = { warn: (fields: object | string) => void warnings.push(Object(fields)) }
  return createHttpRegister({ url, token: 'abc.def', phoneRegion: 'IN', timeoutMs, fetch, clock, log })
}

const RECORD = { employeeId: 'JDG-1001', role: 'judge', status: 'active' }
const unavailable = (reason: unknown) => ({ kind: 'unavailable', reason })

describe('the register of an organisation', () => {
  it('is asked for one id, with the token, and its record is made canonical', async () => {
    service.answer(
      json({
        ...RECORD,
        fullName: ' Meera  Krishnan ',
        email: 'Meera@Courts.Example',
        phone: '098765 00101',
        attributes: { station: 'High Court', note: '' },
        salary: 1,
      }),
    )
    expect(await aRegister().find('jdg-1001')).toEqual({
      kind: 'found',
      version: null,
      record: anEmployee({ email: 'meera@courts.example', attributes: { station: 'High Court' } }),
    })
    expect(service.asked).toEqual([{ path: '/employees/jdg-1001', authorization: 'Bearer abc.def' }])
  })

  it('may leave out, or give as null, what it does not know', async () => {
    const bare = anEmployee({ fullName: null, email: null, phone: null })
    service.answer(json(RECORD))
    expect(await aRegister().find('jdg-1001')).toMatchObject({ record: bare })
    service.answer(json({ ...RECORD, fullName: null, email: '', phone: null, attributes: null }))
    expect(await aRegister().find('jdg-1001')).toMatchObject({ record: bare })
  })

  it('says with 404 that there is nobody', async () => {
    expect(await aRegister().find('jdg-1001')).toEqual({ kind: 'absent' })
  })

  it('is asked below its own address alone, whatever the id is', async () => {
    for (const id of ['.', '..']) expect(await aRegister().find(id)).toEqual({ kind: 'absent' })
    expect(service.asked).toEqual([])
    await aRegister().find('../a?b#c/d e%2e')
    expect(service.asked[0]?.path).toBe('/employees/..%2Fa%3Fb%23c%2Fd%20e%252e')
  })

  it.each([
    [500, 'it answered 500'],
    [503, 'it answered 503'],
    [401, 'it answered 401'],
    [429, 'it answered 429'],
    [204, 'it answered 204'],
  ])('cannot be asked when it answers %i, and the log says so', async (code, reason) => {
    service.answer(status(code))
    expect(await aRegister().find('jdg-1001')).toEqual(unavailable(reason))
    expect(warnings).toEqual([{ reason }])
  })

  it('is not followed elsewhere: the token is for it alone', async () => {
    const other = await startRegisterService()
    other.answer(json(RECORD))
    service.answer(status(302, { location: `${other.url}/jdg-1001` }))
    expect(await aRegister().find('jdg-1001')).toEqual(unavailable('it answered 302'))
    expect(other.asked).toEqual([])
    await other.close()
  })

  it('cannot be asked when it is slow, or stops in the middle', async () => {
    service.answer(() => {})
    expect(await aRegister({ timeoutMs: 50 }).find('a')).toEqual(unavailable('it did not answer in time'))
    service.answer((_request, response) => void response.writeHead(200).write('{"employeeId":'))
    expect(await aRegister({ timeoutMs: 50 }).find('a')).toEqual(unavailable('it did not answer in time'))
  })

  it('cannot be asked when nobody listens, or the connection is cut', async () => {
    service.answer((request) => request.socket.destroy())
    expect(await aRegister().find('a')).toEqual(unavailable(expect.stringMatching(/^it cannot be reached/)))
    await service.close()
    expect(await aRegister().find('a')).toEqual(unavailable('it cannot be reached (ECONNREFUSED)'))
  })

  it.each([
    ['no JSON', '<html>'],
    ['a list', '[]'],
    ['no status', '{"employeeId":"JDG-1001","role":"judge"}'],
    ['another status', '{"employeeId":"JDG-1001","role":"judge","status":"retired"}'],
    ['a number as id', '{"employeeId":1001,"role":"judge","status":"active"}'],
    ['an address that is none', '{"employeeId":"JDG-1001","role":"judge","status":"active","email":"x"}'],
    ['a list in a column', '{"employeeId":"JDG-1001","role":"j","status":"active","attributes":{"a":[]}}'],
  ])('cannot be relied on when it answers %s', async (_, body) => {
    service.answer((_request, response) => void response.writeHead(200).end(body))
    expect(await aRegister().find('jdg-1001')).toEqual(
      unavailable('its answer is not a record of an employee'),
    )
  })

  it('cannot be relied on when it answers with somebody else', async () => {
    service.answer(json(RECORD))
    expect(await aRegister().find('jdg-1002')).toEqual(
      unavailable('it answered with the record of somebody else'),
    )
  })

  it('is heard no longer than a record is', async () => {
    let written = 0
    service.answer((_request, response) => {
      const more = () => {
        while (!response.destroyed && written < 1e9) {
          written += 10_000
          if (!response.write('x'.repeat(10_000))) break
        }
      }
      response.on('drain', more).writeHead(200)
      more()
    })
    expect(await aRegister().find('a')).toEqual(unavailable('its answer is too long'))
    expect(written).toBeLessThan(1e8)
  })
})

describe('a register that is down', () => {
  it('is left alone after five failures in a row, then asked once, then as before', async () => {
    const register = aRegister()
    service.answer(status(500))
    for (let time = 0; time < 5; time += 1) await register.find('a')
    expect(service.asked).toHaveLength(5)
    expect(await register.find('a')).toEqual(unavailable('too many failures; it is asked again soon'))
    expect(service.asked).toHaveLength(5)
    // What is refused without asking fills no log.
    expect(warnings).toHaveLength(5)

    clock.advance(30)
    await Promise.all([register.find('a'), register.find('b'), register.find('c')])
    expect(service.asked).toHaveLength(6)

    clock.advance(30)
    service.answer(status(404))
    expect(await register.find('a')).toEqual({ kind: 'absent' })
    expect(await register.find('b')).toEqual({ kind: 'absent' })
    expect(service.asked).toHaveLength(8)
  })

  it('is not taken for down because of an id that it answers oddly', async () => {
    const register = aRegister()
    for (const answer of [status(400), status(403), json({}), json({ ...RECORD, status: 'gone' })]) {
      service.answer(answer)
      for (let time = 0; time < 5; time += 1) await register.find('jdg-1001')
    }
    service.answer(json(RECORD))
    expect(await register.find('jdg-1001')).toMatchObject({ kind: 'found' })
  })
})
