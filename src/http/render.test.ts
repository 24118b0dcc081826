import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import {
  allSaying,
  NOW,
  ORDINARY,
  samplePages,
  sampleRender,
  VIEWS,
} from '../../tests/support/sample-pages.ts'
import { openAssets } from './assets.ts'
import { errorPage } from './error-pages.ts'
import { toMarkup } from './html.ts'
import { createRender } from './render.ts'

const pages = samplePages()
const names = Object.keys(pages)

function draw(name: string, from = pages): string {
  const page = from[name]
  if (!page) throw new Error(`There is no page ${name}.`)
  return sampleRender().page(page, { csrf: 'the-csrf-token' })
}

function formsOf(html: string): string[] {
  return html.match(/<form[\s\S]*?<\/form>/g) ?? []
}

function formCalled(id: string, html: string): string {
  const found = formsOf(html).find((form) => form.slice(0, form.indexOf('>')).includes(` id="${id}"`))
  if (!found) throw new Error(`There is no form ${id}.`)
  return found
}

function namesIn(form: string): string[] {
  return [...form.matchAll(/<(?:input|button|select)[^>]* name="([^"]+)"/g)].map(([, name]) => name ?? '')
}

describe('every page', () => {
  it.each(names)('%s has the token in each form that posts, and in no other', (name) => {
    for (const form of formsOf(draw(name))) {
      const posts = form.includes('method="post"')
      expect(form.includes('<input type="hidden" name="csrf" value="the-csrf-token">')).toBe(posts)
    }
  })

  it.each(names)('%s takes the focus to one place at most, and to its errors first', (name) => {
    const html = draw(name)
    const focused = html.match(/<[^>]* autofocus/g) ?? []
    expect(focused.length).toBeLessThanOrEqual(1)
    if (pages[name]?.failed) expect(focused[0]).toContain('id="errors"')
  })

  it.each(names)('%s begins its title with the error it shows', (name) => {
    const html = draw(name)
    expect(html.includes('<title>Error: ')).toBe(pages[name]?.failed)
    expect(html.includes('<div class="notice bad" id="errors" role="alert"')).toBe(pages[name]?.failed)
  })

  it.each(names)('%s uses an id once, and refers to none that is not there', (name) => {
    const html = draw(name)
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id ?? '')
    expect(ids).toEqual([...new Set(ids)])
    const lists = [...html.matchAll(/ (?:for|aria-describedby|aria-labelledby)="([^"]+)"/g)]
    const referred = lists.flatMap(([, list]) => list?.split(' ') ?? [])
    const links = [...html.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id ?? '')
    expect([...referred, ...links].filter((id) => !ids.includes(id))).toEqual([])
  })

  it.each(names)('%s needs neither script nor inline style', (name) => {
    expect(draw(name)).not.toMatch(/<script|<style| style=| on[a-z]+=|javascript:/i)
  })

  it.each(names)('%s leaves no place for a value open', (name) => {
    expect(draw(name)).not.toMatch(/\{\{|undefined|\[object|NaN/)
  })

  const hostile = `"><script>alert(1)</script>' onfocus=x \u202etxt.exe {{csrf}} $t(code.title) ${'W'.repeat(200)}`

  it.each(names)('%s says hostile values, and only says them', (name) => {
    const html = draw(name, samplePages(allSaying(hostile)))
    expect(html).not.toContain('<script')
    expect(html).not.toContain('&amp;lt;')
    // Whatever the page says of somebody else stands where an override cannot reach past it.
    const said = html.replaceAll(/<title>.*<\/title>/g, '').split(toMarkup(hostile))
    for (const before of said.slice(0, -1))
      expect(before).toMatch(/(<bdi[^>]*>|<option[^>]* dir="auto"[^>]*>|value="|class="sms">[^<]*)$/)
    const ordinary = draw(name)
    const isSaid = Object.values(ORDINARY).some((value) => ordinary.includes(toMarkup(value)))
    expect(said.length > 1 || html.includes(toMarkup(hostile))).toBe(isSaid)
  })
})

describe('the names that others may rely on', () => {
  it.each([
    ['password', 'sign-in', ['csrf', 'identifier', 'password']],
    ['with-code', 'sign-in-with-code', ['csrf', 'identifier']],
    ['code', 'code', ['csrf', 'code']],
    ['code', 'resend', ['csrf']],
    ['code', 'choose-channel', ['csrf', 'channel']],
    ['choose-type', 'choose-type', ['userType', 'userType', 'userType']],
    ['sign-up', 'sign-up', ['csrf', 'userType', 'email', 'phone', 'password']],
    [
      'sign-up-of-employee',
      'sign-up',
      ['csrf', 'userType', 'employeeId', 'field.text', 'email', 'phone', 'password'],
    ],
    ['sign-up-later', 'finish', ['csrf']],
    [
      'complete',
      'complete',
      ['csrf', 'account', 'field.district', 'field.district', 'field.district', 'field.district'],
    ],
    ['forgot', 'forgot-password', ['csrf', 'identifier']],
    ['new-password', 'new-password', ['csrf', 'account', 'newPassword']],
    ['owner-recovery', 'owner-recovery', ['csrf', 'token']],
    ['setup', 'setup', ['csrf', 'token', 'email', 'phone', 'password']],
    ['sign-out', 'sign-out', ['csrf', 'xsrf', 'decision', 'decision']],
  ])('%s has the form %s', (name, id, inputs) => {
    expect(namesIn(formCalled(id, draw(name)))).toEqual(inputs)
  })

  it.each(['signed-up', 'awaiting-approval', 'recovered', 'set-up', 'signed-out'])(
    '%s ends well, by name',
    (name) => {
      expect(draw(name)).toContain('id="done"')
    },
  )

  it.each(names.filter((name) => /^(error|busy)/.test(name)))(
    '%s is announced and has its trace id',
    (name) => {
      const html = draw(name)
      expect(html).toContain('<header id="errors" role="alert">')
      expect(html).toContain('4bf92f3577b34da6a3ce929d0e0e4736')
    },
  )
})

describe('an error page', () => {
  const kinds = [
    ['not-found', 'There is no such page'],
    ['malformed', 'We could not read that'],
    ['foreign-form', 'This form is out of date'],
    ['cookies', 'Your browser sends no cookies'],
    ['unknown-interaction', 'This sign-in has ended'],
    ['protocol', 'The application asked for something we cannot do'],
    ['too-large', 'That was too much at once'],
    ['too-many', 'Too many requests'],
    ['fault', 'Something went wrong'],
  ] as const

  it.each(kinds)('of the kind %s says "%s" and the moment', (kind, heading) => {
    const error = {
      kind,
      detail: null,
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      at: NOW,
      backUrl: null,
      clientName: null,
      startUrl: null,
      retryAt: null,
    }
    const html = sampleRender().page(errorPage(error), { csrf: null })
    expect(html).toContain(`<title>${heading} – Latchkey</title>`)
    expect(html).toContain(`<h1>${heading}</h1>`)
    expect(html).toContain('>21 November 2026, 10:42:07</time>')
  })
})

describe('the page for a password', () => {
  it('keeps the identifier, never the password, and does not say which was wrong', () => {
    const html = draw('password-wrong')
    expect(html).toContain('value="asha.rao@police.example"')
    expect(html).not.toMatch(/type="password"[^>]* value=/)
    expect(html.match(/aria-invalid="true"/g)).toHaveLength(2)
  })

  it('names what may be typed', () => {
    expect(draw('password')).toContain('>Email, phone or user ID</label>')
    expect(draw('password-bare')).toContain('>Email or phone</label>')
  })

  it('says when it goes on after too many tries', () => {
    expect(draw('password-paused')).toContain(
      'You can try again at <time datetime="2026-11-21T05:12:30.000Z">10:42:30</time>.',
    )
  })
})

describe('the page for a code', () => {
  it('shows a masked contact to the eye and its ending to a screen reader', () => {
    const html = draw('code')
    expect(html).toContain('<span class="hidden">the phone number ending in 210</span>')
    expect(html).toContain('aria-hidden="true"><bdi dir="ltr">+91 ••••• ••210</bdi>')
  })

  it('does not say where a code went when that must not be known', () => {
    const html = draw('code-unsaid')
    expect(html).toContain('to the phone or email of the account.')
    expect(html).not.toContain('<bdi dir')
  })

  it('says when a new code may be asked for, and draws the wait', () => {
    const html = draw('code')
    expect(html).toContain(
      'You can ask for a new code at <time datetime="2026-11-21T05:12:30.000Z">10:42:30</time>.',
    )
    expect(html).toContain('dur="23s"')
    expect(draw('code-email')).not.toContain('class="wait"')
  })

  it('leads back to the first step when the attempts are used up', () => {
    const html = draw('code-blocked')
    expect(formsOf(html)).toEqual([])
    expect(html).toContain('href="/interaction/uid">Start again</a>')
  })
})

describe('the frame of a page', () => {
  const parts = {
    viewsDir: VIEWS,
    host: 'localhost',
    language: 'en',
    timeZone: 'UTC',
    brand: { productName: 'Court', logoUrl: '/assets/logo', helpUrl: null, privacyUrl: null },
  }
  const page = pages['password']
  if (!page) throw new Error('There is no page for a password.')

  it('wears the brand of the deployment', () => {
    const assets = openAssets(join(VIEWS, 'assets'), { brandColor: '#a4491d', logoFile: null })
    const html = createRender({ ...parts, assets }).page(page, { csrf: 'c', homeUrl: '/account' })
    expect(html).toContain('<title>Sign in – Court</title>')
    expect(html).toMatch(/latchkey\.css\?v=\w+">\s+<link rel="stylesheet" href="\/assets\/brand\.css\?v=/)
    expect(html).toContain('<img src="/assets/logo" alt="">')
    expect(html).toContain('<a class="brand" href="/account">')
  })

  it('links only what there is', () => {
    const assets = openAssets(join(VIEWS, 'assets'), { brandColor: null, logoFile: null })
    const html = createRender({ ...parts, assets }).page(page, { csrf: 'c' })
    expect(html).not.toContain('brand.css')
    expect(html).not.toMatch(/<footer class="foot">\s*<a/)
    expect(html).toContain('<span class="brand">')
  })
})

describe('a template', () => {
  const files = readdirSync(VIEWS, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ejs'),
  )

  it.each(files)('%s puts nothing out unescaped', (file) => {
    expect(readFileSync(join(VIEWS, file), 'utf8')).not.toContain('<%-')
  })
})
