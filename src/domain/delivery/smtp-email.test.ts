import { afterEach, describe, expect, it } from '@jest/globals'
import type { SMTPServerOptions } from 'smtp-server'
import { anOutgoingMail } from '../../../tests/support/an-outgoing-message.ts'
import {
  type SmtpDouble,
  smtpError,
  startRawServer,
  startSmtpDouble,
} from '../../../tests/support/smtp-double.ts'
import { TEST_TLS } from '../../../tests/support/tls-fixture.ts'
import type { Sender } from './sender.ts'
import { createSmtpEmail } from './smtp-email.ts'

/** For servers that answer: nothing ends for want of time where other work runs beside it. */
const LONG_MS = 10_000
/** For those that do not. */
const SOON_MS = 1000

let opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.reverse()) await close()
  opened = []
})

async function aServer(options: SMTPServerOptions = {}): Promise<SmtpDouble> {
  const server = await startSmtpDouble(options)
  opened.push(server.close)
  return server
}

async function aSender(url: string, change: { ca?: string; timeoutMs?: number } = {}): Promise<Sender> {
  const sender = await createSmtpEmail({
    url,
    from: 'Example <codes@example.org>',
    timeoutMs: LONG_MS,
    ...change,
  })
  opened.push(() => sender.close())
  return sender
}

describe('an email by SMTP', () => {
  it('is one mail with text and HTML, a Message-ID of ours and no answer wanted from machines', async () => {
    const server = await aServer()
    const sender = await aSender(`smtp://127.0.0.1:${server.port}`)
    const mail = anOutgoingMail()
    expect(await sender.send(mail)).toEqual({ kind: 'handed-over' })
    const [{ to, mail: got } = { to: [], mail: null }] = server.sent
    expect(to).toEqual(['ann@example.org'])
    expect(got?.messageId).toBe(`<${mail.id}@example.org>`)
    expect(got?.from?.text).toBe('"Example" <codes@example.org>')
    expect(got?.text?.trim()).toBe(mail.text)
    expect(got?.html).toContain('482913')
    expect(got?.headers.get('auto-submitted')).toBe('auto-generated')
  })

  it('uses a connection again', async () => {
    const server = await aServer()
    const sender = await aSender(`smtp://127.0.0.1:${server.port}`)
    for (let time = 0; time < 3; time++) await sender.send(anOutgoingMail())
    expect([server.sent.length, server.connections()]).toEqual([3, 1])
  })

  it.each([
    ['TLS', { secure: true }, 'smtps'],
    ['STARTTLS', {}, 'smtp'],
  ])('goes by %s with user and password, where the certificate is good', async (_what, options, protocol) => {
    const users: unknown[] = []
    const server = await aServer({
      ...options,
      authOptional: false,
      onAuth({ username, password }, session, callback) {
        users.push([username, password, session.secure])
        callback(null, { user: 'me' })
      },
    })
    const url = `${protocol}://me%40example.org:s%20cret@localhost:${server.port}`
    const sender = await aSender(url, { ca: TEST_TLS.cert })
    expect(await sender.send(anOutgoingMail())).toEqual({ kind: 'handed-over' })
    expect(users).toEqual([['me@example.org', 's cret', true]])
  })

  it('goes nowhere where the certificate is not to be trusted', async () => {
    const server = await aServer({ secure: true })
    const sender = await aSender(`smtps://localhost:${server.port}`)
    expect(await sender.send(anOutgoingMail())).toMatchObject({ kind: 'try-elsewhere', certain: true })
    expect(server.sent).toEqual([])
  })

  it.each([
    [550, '5.1.1 no such user', 'never'],
    [550, 'no such user', 'never'],
    [550, '5.2.1 mailbox disabled', 'never'],
    [550, '5.7.1 relaying denied', 'try-elsewhere'],
    [552, '5.2.2 mailbox full', 'try-elsewhere'],
    [450, '4.2.0 greylisted', 'try-elsewhere'],
  ])('of a recipient refused with %i %s: %s', async (responseCode, text, kind) => {
    const server = await aServer({
      onRcptTo: (_to, _session, callback) => callback(smtpError(responseCode, text)),
    })
    const sender = await aSender(`smtp://127.0.0.1:${server.port}`)
    const outcome = await sender.send(anOutgoingMail())
    expect(outcome).toMatchObject({ kind })
    if (outcome.kind === 'try-elsewhere') expect(outcome).toMatchObject({ certain: true, blames: 'message' })
  })

  it.each([
    [
      'a server that is busy',
      { onMailFrom: (_from, _session, callback) => callback(smtpError(451, '4.3.2 later')) },
    ],
    [
      'wrong credentials',
      { hideSTARTTLS: true, onAuth: (_auth, _session, callback) => callback(smtpError(535, '5.7.8 no')) },
    ],
  ] satisfies [string, SMTPServerOptions][])(
    'goes elsewhere, surely not sent: %s',
    async (_what, options) => {
      const server = await aServer({ ...options, allowInsecureAuth: true })
      const sender = await aSender(`smtp://u:p@127.0.0.1:${server.port}`)
      expect(await sender.send(anOutgoingMail())).toMatchObject({
        kind: 'try-elsewhere',
        certain: true,
        blames: 'provider',
      })
    },
  )

  it('may be with a server that takes it and never says so, and is not offered to it again', async () => {
    let taken = 0
    const server = await aServer({
      onData(stream) {
        stream.resume()
        stream.on('end', () => {
          taken += 1
        })
      },
    })
    const sender = await aSender(`smtp://127.0.0.1:${server.port}`, { timeoutMs: SOON_MS })
    const began = performance.now()
    expect(await sender.send(anOutgoingMail())).toMatchObject({ kind: 'try-elsewhere', certain: false })
    expect(performance.now() - began).toBeLessThan(SOON_MS * 4)
    expect(taken).toBe(1)
  })

  it('may be with a server that breaks the connection in the middle, which offers it to nobody by itself', async () => {
    let connections = 0
    const server = await aServer({
      onConnect(_session, callback) {
        connections += 1
        callback()
      },
      onData: (stream) => void stream.once('data', () => Reflect.get(stream, 'destroy').call(stream)),
    })
    const sender = await aSender(`smtp://127.0.0.1:${server.port}`, { timeoutMs: SOON_MS })
    expect(await sender.send(anOutgoingMail())).toMatchObject({ kind: 'try-elsewhere', certain: false })
    expect(connections).toBe(1)
  })

  it.each([
    ['says nothing', () => {}],
    [
      'drips',
      (socket) => {
        const timer = setInterval(() => socket.write('2'), 50)
        socket.on('close', () => clearInterval(timer))
      },
    ],
    ['resets', (socket) => void socket.resetAndDestroy()],
    ['speaks something else', (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ] satisfies [string, Parameters<typeof startRawServer>[0]][])(
    'gives up soon on a server that %s',
    async (_what, how) => {
      const server = await startRawServer(how)
      opened.push(server.close)
      const sender = await aSender(`smtp://127.0.0.1:${server.port}`, { timeoutMs: SOON_MS })
      const began = performance.now()
      expect(await sender.send(anOutgoingMail())).toMatchObject({ kind: 'try-elsewhere', blames: 'provider' })
      expect(performance.now() - began).toBeLessThan(SOON_MS * 4)
    },
  )

  it.each([
    ['no such host', 'smtp://nowhere.invalid'],
    ['nobody there', 'smtp://127.0.0.1:1'],
  ])('is surely not with a server that cannot be reached: %s', async (_what, url) => {
    const sender = await aSender(url)
    expect(await sender.send(anOutgoingMail())).toMatchObject({ kind: 'try-elsewhere', certain: true })
  })

  it('has headers that nothing in a subject or an address can add to', async () => {
    const server = await aServer()
    const sender = await aSender(`smtp://127.0.0.1:${server.port}`)
    const subject = `Code\r\nBcc: eve@example.org\u202E${'x'.repeat(300)}`
    await sender.send(anOutgoingMail({ subject, to: 'ann@example.org' }))
    const [{ mail, to, raw } = { mail: null, to: [], raw: '' }] = server.sent
    expect(to).toEqual(['ann@example.org'])
    expect(mail?.headers.has('bcc')).toBe(false)
    expect(mail?.subject).toMatch(/^Code Bcc: eve@example\.org x{100,}$/)
    expect(raw).not.toMatch(/^bcc:/im)
  })
})
