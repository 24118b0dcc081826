import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { codeModel, sampleRender, VIEWS } from '../../tests/support/sample-pages.ts'
import { smsSize } from '../lib/gsm7.ts'
import { openAssets } from './assets.ts'
import { createRender } from './render.ts'

describe('a code in a text message', () => {
  const { message } = sampleRender()

  it.each(['sign-in', 'code-only', 'sign-up', 'setup', 'recovery'])(
    'for %s begins with the code and ends with the line of WebOTP',
    (purpose) => {
      const { text, subject, html } = message('code', 'sms', codeModel({ purpose }), 'en')
      expect({ subject, html }).toEqual({ subject: null, html: null })
      expect(text).toMatch(/^482913 /)
      expect(text).toContain('(KQ)')
      expect(text.split('\n').at(-1)).toBe('@id.example.org #482913')
      expect(smsSize(text).parts).toBe(1)
    },
  )

  it('stays one part with ten digits, a long life and a long name', () => {
    const render = createRender({
      viewsDir: VIEWS,
      assets: openAssets(join(VIEWS, 'assets'), { brandColor: null, logoFile: null }),
      brand: { productName: 'Ministry of Justice', logoUrl: null, helpUrl: null, privacyUrl: null },
      host: 'signin.justice.gov.example',
      language: 'en',
      timeZone: 'UTC',
    })
    const model = codeModel({ purpose: 'sign-up', code: '4829134829', lifetimeSeconds: 590 })
    expect(smsSize(render.message('code', 'sms', model, 'en').text).parts).toBe(1)
    expect(smsSize(render.message('known-contact', 'sms', {}, 'en').text).parts).toBe(1)
  })
})

describe('a code in an email', () => {
  const { message } = sampleRender()

  it('has no code in its subject, no link, no image, and says the same in text and HTML', () => {
    const { subject, text, html } = message('code', 'email', codeModel(), 'en')
    expect(subject).toBe('Your Latchkey code')
    for (const twin of [text, html]) {
      expect(twin).toContain('Your code (KQ) is')
      expect(twin).toContain('482913')
      expect(twin).toContain('It works once, for 5 minutes, to sign in to')
      expect(twin).toContain('Asked for on 21 November 2026 at 10:42 (UTC+05:30) from Firefox on Windows.')
      expect(twin).not.toMatch(/<a |<img|https?:/)
    }
  })

  it('leaves out what is not known', () => {
    const { text } = message('code', 'email', codeModel({ clientName: null, device: null }), 'en')
    expect(text).toContain('to sign in.\n')
    expect(text).toContain('(UTC+05:30).\n')
  })

  it('escapes an application’s name in HTML and leaves it as it is in text', () => {
    const { text, html } = message('code', 'email', codeModel({ clientName: '<b>&</b>' }), 'en')
    expect(html).toContain('<strong>&lt;b&gt;&amp;&lt;/b&gt;</strong>')
    expect(text).toContain('to sign in to <b>&</b>.')
  })

  it('refuses a model of another shape', () => {
    expect(() => message('code', 'email', { code: '482913' }, 'en')).toThrow()
  })
})

describe('the notice to the owner of a known contact', () => {
  it('says what happened and holds no code', () => {
    const { message } = sampleRender()
    const { text, html, subject } = message('known-contact', 'email', {}, 'en')
    expect(subject).toBe('You already have a Latchkey account')
    for (const twin of [text, html, message('known-contact', 'sms', {}, 'en').text]) {
      expect(twin).toContain('Someone tried to use this')
      expect(twin).not.toMatch(/[^#]\b\d{6}\b/)
    }
  })
})

describe('an invitation', () => {
  const { message } = sampleRender()
  const url = `https://id.example.org/invitation?token=${'x'.repeat(43)}`
  const model = { url, worksUntil: '2026-11-28T05:12:00.000Z' }

  it('has its link, once, in every form, and says until when it works', () => {
    const { subject, text, html } = message('invitation', 'email', model, 'en')
    const sms = message('invitation', 'sms', model, 'en').text
    expect(subject).toBe('You are invited to Latchkey')
    for (const one of [text, html, sms]) {
      expect(one?.split(url)).toHaveLength(2)
      expect(one).toContain('28 November 2026')
    }
    expect(html).toContain(`<a href="${url}"`)
    expect(smsSize(sms).parts).toBeLessThanOrEqual(2)
  })

  it('links nowhere but to a web page', () => {
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'no address'])
      expect(() => message('invitation', 'email', { ...model, url: bad }, 'en')).toThrow()
  })
})

describe.each(['approved', 'refused'] as const)('the word of an administrator: %s', (template) => {
  it('holds neither link nor code', () => {
    const { message } = sampleRender()
    const { text, html } = message(template, 'email', {}, 'en')
    const sms = message(template, 'sms', {}, 'en').text
    for (const one of [text, html, sms]) {
      expect(one).toContain('approve')
      expect(one).not.toMatch(/<a |https?:|[^#]\b\d{6}\b/)
    }
    expect(smsSize(sms).parts).toBe(1)
  })
})
