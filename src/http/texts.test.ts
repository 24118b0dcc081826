import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { html, toMarkup } from './html.ts'
import { openTexts } from './texts.ts'

const ROOT = join(import.meta.dirname, '../..')
const LOCALES = join(ROOT, 'views/locales')

describe('a text', () => {
  const speech = openTexts(LOCALES, 'en').in('en')

  it('is plain when it will be escaped by its page, and escaped as markup', () => {
    expect(speech.t('common.backTo', { client: 'A & B' })).toBe('Back to A & B')
    expect(toMarkup(speech.th('common.backTo', { client: 'A & B' }))).toBe('Back to A &amp; B')
    expect(toMarkup(speech.th('common.backTo', { client: html`<b>${'<'}</b>` }))).toBe('Back to <b>&lt;</b>')
  })

  it('picks the plural', () => {
    expect(speech.t('code.wrong.attemptsLeft', { count: 1 })).toBe('You have 1 try left.')
    expect(speech.t('code.wrong.attemptsLeft', { count: 4 })).toBe('You have 4 tries left.')
  })

  it.each(['{{client}}', '$t(signIn.title)', '$&', "$'", '\\', '__proto__'])(
    'says the value %s as it is',
    (client) => {
      expect(speech.t('common.backTo', { client })).toBe(`Back to ${client}`)
      expect(toMarkup(speech.th('common.backTo', { client }))).toBe(`Back to ${toMarkup(client)}`)
    },
  )
})

describe('a language', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-locales-'))
    copyFileSync(join(LOCALES, 'en.json'), join(folder, 'en.json'))
    const arabic = {
      language: { direction: 'rtl', dates: 'ar-u-nu-latn' },
      signIn: { title: 'تسجيل الدخول' },
      code: {
        wrong: { attemptsLeft_two: 'لديك محاولتان', attemptsLeft_other: 'لديك {{count}} محاولة' },
      },
    }
    writeFileSync(join(folder, 'ar.json'), JSON.stringify(arabic))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it('is added by one file', () => {
    const texts = openTexts(folder, 'ar')
    expect(texts.languages).toEqual(['ar', 'en'])
    const speech = texts.in('ar-EG')
    expect(speech.direction).toBe('rtl')
    expect(speech.t('signIn.title')).toBe('تسجيل الدخول')
    expect(speech.t('code.wrong.attemptsLeft', { count: 2 })).toBe('لديك محاولتان')
  })

  it('says in English what it lacks', () => {
    expect(openTexts(folder, 'en').in('ar').t('signIn.password')).toBe('Password')
  })

  it('is the deployment’s own when nobody translated the one asked for', () => {
    expect(openTexts(folder, 'ar').in('fr').language).toBe('ar')
    expect(openTexts(folder, 'fr').in('de').language).toBe('en')
  })
})

describe('the catalogue', () => {
  const keys = new Set(keysOf(JSON.parse(readFileSync(join(LOCALES, 'en.json'), 'utf8'))))
  const sections = new Set([...keys].map((key) => key.split('.')[0]))
  const sources = [...filesBelow('views', '.ejs'), ...filesBelow('src', '.ts')]
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => ({ file, strings: stringsIn(readFileSync(file, 'utf8')) }))

  it('has every text that a page or a message names', () => {
    const unknown = sources
      .filter(({ file }) => file.includes('/views/'))
      .flatMap(({ strings }) => strings)
      .filter((string) => sections.has(string.split('.')[0]) && string.includes('.') && !keys.has(string))
    expect(unknown).toEqual([])
    const calls = filesBelow('views', '.ejs').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bth?\(\s*'([^']+)'/g)].map(([, key]) => key),
    )
    expect(calls.filter((key) => key !== undefined && !keys.has(key))).toEqual([])
  })

  it('has no text that nothing names', () => {
    const named = new Set(sources.flatMap(({ strings }) => strings))
    expect([...keys].filter((key) => !named.has(key))).toEqual([])
  })

  it.each(readdirSync(LOCALES))('%s names no text that English lacks', (file) => {
    const own = keysOf(JSON.parse(readFileSync(join(LOCALES, file), 'utf8')))
    expect(own.filter((key) => !keys.has(key))).toEqual([])
  })

  it('is the only place with words: templates have none of their own', () => {
    const words = filesBelow('views', '.ejs').flatMap((file) => {
      const text = readFileSync(file, 'utf8')
        .replaceAll(/<%[\s\S]*?%>/g, '')
        .replaceAll(/<style>[\s\S]*?<\/style>/g, '')
        .replaceAll(/<[^>]*>/g, '')
      return [...text.matchAll(/\p{L}{2,}/gu)].map(([word]) => `${file}: ${word}`)
    })
    expect(words).toEqual([])
  })
})

function keysOf(part: object, path = ''): string[] {
  return Object.entries(part).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [`${path}${name.replace(/_(zero|one|two|few|many|other)$/, '')}`]
      : keysOf(value, `${path}${name}.`),
  )
}

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(ROOT, folder, name))
}

function stringsIn(source: string): string[] {
  return [...source.matchAll(/'([^'\n]*)'/g)].map(([, string]) => string ?? '')
}
