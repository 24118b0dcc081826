import { describe, expect, it } from '@jest/globals'
import Koa, { type Context } from 'koa'
import { languageOf } from './show.ts'

/** A request of a browser that accepts these languages, for an application that asks for those. */
function request(acceptLanguage: string, uiLocales?: readonly string[]): Context {
  const koa = new Koa()
  const req = { headers: { 'accept-language': acceptLanguage }, socket: {} }
  const ctx = koa.createContext(req as never, {} as never) as unknown as Context
  if (uiLocales) ctx.state['uiLocales'] = uiLocales
  return ctx
}

function language(acceptLanguage: string, uiLocales?: readonly string[]): string {
  return languageOf(request(acceptLanguage, uiLocales), { languages: ['en', 'hi', 'ar', 'zh-Hant'] })
}

describe('the language of a page', () => {
  it('is the best that the browser accepts, else the deployment’s own', () => {
    expect(language('ar;q=0.5, hi')).toBe('hi')
    expect(language('fr')).toBe('en')
    expect(language('')).toBe('en')
  })

  it('is rather what the application asks for, if there is such a catalogue', () => {
    expect(language('hi', ['ar'])).toBe('ar')
    expect(language('hi', ['fr', 'ar', 'en'])).toBe('ar')
    expect(language('hi', ['fr'])).toBe('hi')
    expect(language('hi', [])).toBe('hi')
  })

  it('is found by its base, in any spelling', () => {
    expect(language('en', ['hi-IN'])).toBe('hi')
    expect(language('en', ['AR-eg'])).toBe('ar')
    expect(language('en', ['ZH-hant'])).toBe('zh-Hant')
    expect(language('en', ['-'])).toBe('en')
  })
})
