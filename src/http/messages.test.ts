import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { codeModel, sampleRender, VIEWS } from '../../tests/support/sample-pages.ts'
import { smsSize } from '../lib/gsm7.ts'
import { openAssets } from './assets.ts'
import { messageModels } from './message-models.ts'
import { MESSAGE_TEMPLATES, messageSamples } from './message-samples.ts'
import { createRender } from './render.ts'

const render = sampleRender()
const samples = messageSamples('https://id.example.org')
const all = render.languages.flatMap((language) =>
  MESSAGE_TEMPLATES.flatMap((template) => samples[template].map((model) => ({ language, template, model }))),
)

it('has a sample of every message', () => {
  expect([...MESSAGE_TEMPLATES].sort()).toEqual(Object.keys(messageModels).sort())
})

describe.each(all)('$template in $language', ({ language, template, model }) => {
  it('fits one text message of the basic characters', () => {
    const { units, parts } = smsSize(render.message(template, 'sms', model, language).text)
    // A link of the length that a secret needs does not fit beside any words.
    expect(parts).toBeLessThanOrEqual(template === 'invitation' ? 2 : 1)
    expect(units).toBeLessThanOrEqual(template === 'invitation' ? 306 : 160)
  })

  it('is a mail that loads nothing and is dark where it is dark', () => {
    const { html, text } = render.message(template, 'email', model, language)
    expect(html).not.toMatch(/<img|<link|<script|@import|@font-face|url\(/i)
    expect(html).toContain('prefers-color-scheme: dark')
    expect(html).toContain('<meta name="color-scheme" content="light dark">')
    expect(text).not.toMatch(/<\/?[a-z]+|&#?\w+;|undefined|\[object/)
  })
})

describe('what others have named', () => {
  const named = (clientName: string) =>
    codeModel({ clientName, device: { browser: clientName, system: 'x' } })

  it('brings no markup, no turned text, no line of its own into any form', () => {
    const bad = '<img src=x>\u202Etxet\r\nBcc: all@example.org\u2028\u0000'
    const mail = render.message('code', 'email', named(bad), 'en')
    for (const form of [mail.text, mail.html, render.message('code', 'sms', named(bad), 'en').text]) {
      expect(form).not.toMatch(/\p{Bidi_Control}|\r|\u2028|\nBcc/u)
      expect(form).not.toContain('\u0000')
    }
    expect(mail.html).not.toContain('<img')
    expect(mail.html).toContain('&lt;img')
  })

  it('pushes nothing away by its length', () => {
    const { text } = render.message('code', 'email', named('n'.repeat(200)), 'en')
    expect(text).toContain(`${'n'.repeat(79)}…`)
    expect(text).not.toContain('n'.repeat(80))
  })

  it('begins no other header', () => {
    const evil = sampleRender({ productName: 'Courts\r\nBcc: all@example.org' })
    expect(evil.message('code', 'email', codeModel(), 'en').subject).toBe(
      'Your Courts Bcc: all@example.org code',
    )
  })

  it.each([{ code: '48\n2913' }, { code: '<b>' }, { reference: 'K Q' }])('is no code: %j', (change) => {
    expect(() => render.message('code', 'sms', codeModel(change), 'en')).toThrow()
  })
})

describe('the wording of a type of account', () => {
  it('is looked up first, and that of all where it has none', () => {
    const viewsDir = mkdtempSync(join(tmpdir(), 'latchkey-views-'))
    try {
      cpSync(VIEWS, viewsDir, { recursive: true })
      mkdirSync(join(viewsDir, 'messages', 'judge'))
      writeFileSync(join(viewsDir, 'messages', 'judge', 'code.text.ejs'), 'Your Honour: <%= model.code %>')
      const assets = openAssets(join(VIEWS, 'assets'), { brandColor: null, logoFile: null })
      const brand = { productName: 'Latchkey', logoUrl: null, helpUrl: null, privacyUrl: null }
      const parts = { viewsDir, assets, brand, host: 'id.example.org', language: 'en', timeZone: 'UTC' }
      const { message } = createRender(parts)
      const words = message('code', 'email', codeModel(), 'en', 'judge')
      expect(words.text).toBe('Your Honour: 482913')
      expect(words.html).toContain('Your code (KQ) is')
      for (const other of [undefined, 'police', '../messages/judge', 'judge/..'])
        expect(message('code', 'email', codeModel(), 'en', other).text).toContain('Your code (KQ) is')
    } finally {
      rmSync(viewsDir, { recursive: true })
    }
  })
})
