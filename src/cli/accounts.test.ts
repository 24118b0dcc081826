import { beforeEach, describe, expect, it } from '@jest/globals'
import { movingClock } from '../../tests/support/moving-clock.ts'
import { operatorOn, type TestOperator } from '../../tests/support/operator.ts'
import { aUserType, NOON } from '../../tests/support/records.ts'
import { temporaryStorage } from '../../tests/support/temporary-storage.ts'
import { systemRandom as random } from '../lib/ids.ts'
import { type AccountsAction, changeOneAccount } from './accounts.ts'
import { invite } from './invite.ts'

const clock = movingClock(NOON)
const { storage } = temporaryStorage(clock)
const CLERK = aUserType({
  id: 'clerk',
  identifiers: ['email', 'phone', 'employeeId'],
  contacts: { email: 'optional', phone: 'optional' },
  otp: { ...aUserType().otp, channels: ['sms', 'email'] },
  employee: { roles: ['clerk'], match: [], contact: 'any' },
})
const EMAIL = { value: 'ann@example.test', verifiedAt: NOON }

let operator: TestOperator
beforeEach(async () => {
  operator = await operatorOn(storage(), clock)
  await storage().userTypes.keep([CLERK], NOON, [])
})

async function run(action: AccountsAction, ...args: string[]) {
  const lines: string[] = []
  const code = await changeOneAccount(action, { ...operator, random }, args, (line) => lines.push(line))
  return { code, text: lines.join('\n') }
}

async function runInvite(...args: string[]) {
  const lines: string[] = []
  const code = await invite({ ...operator, random }, args, (line) => lines.push(line))
  return { code, text: lines.join('\n') }
}

describe('accounts', () => {
  it('takes the id of an account or anything that it signs in by, in any spelling', async () => {
    const { id } = await operator.add({ userType: CLERK, email: EMAIL, employeeId: 'clk-1' })
    for (const named of [id, ' Ann@EXAMPLE.test', 'CLK-1']) {
      expect(await run('disable', named)).toMatchObject({ code: 0, text: expect.stringContaining(id) })
      expect((await storage().accounts.find(id))?.status).toBe('disabled')
      expect(await run('enable', named)).toMatchObject({ code: 0 })
      expect((await storage().accounts.find(id))?.status).toBe('active')
    }
  })

  it('says what is so now, to people and to programs', async () => {
    const { id } = await operator.add({ userType: CLERK, email: EMAIL })
    expect((await run('unlock', id)).text).toBe(`${id} has no pause any more.`)
    const first = JSON.parse((await run('disable', id, '--json')).text)
    expect(first).toEqual({ ok: true, id, status: 'disabled', changed: true })
    expect(await run('disable', id)).toEqual({ code: 0, text: `${id} is disabled already.` })
    expect(JSON.parse((await run('disable', id, '--json')).text)).toMatchObject({ ok: true, changed: false })
  })

  it('ends with 1 and the reason when it is refused', async () => {
    const { id } = await operator.add({
      userType: CLERK,
      status: 'awaiting-approval',
      email: EMAIL,
      employeeId: 'clk-1',
    })
    operator.register.answer = { kind: 'refused', reason: 'claimed', holdsContact: false }
    expect(await run('approve', id)).toEqual({
      code: 1,
      text: `${id} cannot be approved: another account has claimed its employee ID.`,
    })
    expect(JSON.parse((await run('approve', id, '--json')).text)).toEqual({
      ok: false,
      error: 'refused',
      id,
      reason: 'claimed',
    })
    operator.register.answer = { kind: 'unavailable' }
    expect(await run('approve', id)).toMatchObject({
      code: 1,
      text: expect.stringContaining('cannot be asked'),
    })
    expect(await run('disable', id)).toMatchObject({
      code: 1,
      text: expect.stringContaining('awaiting-approval'),
    })
    expect(await run('reject', id)).toMatchObject({ code: 0 })
    expect(await run('reject', id)).toEqual({ code: 1, text: 'There is no such account.' })
  })

  it('asks which one where several fit', async () => {
    const phone = await operator.add({
      userType: CLERK,
      phone: { value: '+4915112345678', verifiedAt: NOON },
    })
    const name = await operator.add({ userType: CLERK, employeeId: '004915112345678' })
    const { code, text } = await run('disable', '004915112345678')
    expect(code).toBe(1)
    for (const { id } of [phone, name]) {
      expect(text).toContain(id)
      expect((await storage().accounts.find(id))?.status).toBe('active')
    }
  })

  it('is recorded as done at the shell', async () => {
    const { id } = await operator.add({ userType: CLERK, email: EMAIL })
    await run('disable', id)
    expect(await operator.events()).toMatchObject([
      { event: 'account.disabled', api: 'cli', step: 'accounts disable', actor: { kind: 'system' } },
    ])
  })

  it('ends with 2 when the command is wrong, and explains itself', async () => {
    for (const args of [[], ['a', 'b'], ['a', '--force']]) {
      expect(await run('reject', ...args)).toMatchObject({
        code: 2,
        text: expect.stringContaining('latchkey accounts reject ID'),
      })
    }
    expect(await run('unlock', '--help')).toMatchObject({ code: 0, text: expect.stringContaining('--json') })
  })
})

describe('invite', () => {
  it('says where the invitation goes and until when it works, and shows no link', async () => {
    const args = ['--type', 'clerk', '--email', 'Bob@example.test', '--role', 'a', '--role', 'b']
    const { code, text } = await runInvite(...args, '--employee-id', 'CLK-2')
    expect(code).toBe(0)
    expect(text).toContain('bob@example.test by email and works until 2026-03-04T12:00:00.123Z')
    const [message] = await operator.queued()
    const secret = new URL(String(message?.model['url'])).searchParams.get('token') ?? ''
    expect(secret).toHaveLength(43)
    expect(text).not.toContain(secret)
    const json = await runInvite('--type', 'clerk', '--phone', '+49 1511 2345678', '--json')
    const { id, ...told } = JSON.parse(json.text)
    expect(told).toEqual({
      ok: true,
      channel: 'sms',
      destination: '+4915112345678',
      worksUntil: '2026-03-04T12:00:00.123Z',
    })
    expect(await storage().accounts.find(id)).toMatchObject({ status: 'invited' })
  })

  it('ends with 1 and every problem when it is refused', async () => {
    const { code, text } = await runInvite('--type', 'clerk', '--email', 'x', '--role', 'owner')
    expect(code).toBe(1)
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^--email: this is not a whole/),
      '--role: "owner" is a word of administration, not a role.',
    ])
    const unknown = await runInvite('--type', 'nobody', '--email', 'b@example.test', '--json')
    expect(unknown.code).toBe(1)
    expect(JSON.parse(unknown.text)).toMatchObject({ ok: false, problems: [{ field: 'userType' }] })
  })

  it('ends with 2 when the command is wrong', async () => {
    const both = ['--type', 'clerk', '--email', 'b@example.test', '--phone', '+4915112345678']
    for (const args of [[], ['--type', 'clerk'], ['--email', 'b@example.test'], both]) {
      expect(await runInvite(...args)).toMatchObject({
        code: 2,
        text: expect.stringContaining('latchkey invite'),
      })
    }
    expect(await operator.queued()).toEqual([])
  })
})
