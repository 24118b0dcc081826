import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page as Tab } from 'playwright-core'
import type { Page } from '../../src/http/page.ts'
import { openBrowser } from '../support/browser.ts'
import { allSaying, codeModel, samplePages, sampleRender, VIEWS } from '../support/sample-pages.ts'
import { bringAxe, findDrawnProblems, findProblems, type Light, scrollsSideways } from './accessibility.ts'

/**
 * Every light, on either side of the stylesheet's one breakpoint, and a width between. Rules that read no colours and
 * sizes are asked where they could differ at most: at the ends.
 */
const VIEWS_OF_A_PAGE: readonly (readonly [Light, number, typeof findProblems])[] = [
  ['light', 1280, findProblems],
  ['dark', 1280, findDrawnProblems],
  ['dark', 390, findDrawnProblems],
  ['dark', 320, findProblems],
  ['light', 320, findDrawnProblems],
]
const render = sampleRender()
const pages = samplePages()

let folder: string
let browser: Browser
let tab: Tab

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-pages-'))
  cpSync(join(VIEWS, 'assets'), join(folder, 'assets'), { recursive: true })
  browser = await openBrowser()
  tab = await browser.newPage()
  await bringAxe(tab, pathToFileURL(join(folder, 'page.html')).href)
})

afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Opens a page as if it were a file with its stylesheet beside it. */
async function open(html: string): Promise<void> {
  await tab.setContent(besideAssets(html))
}

function besideAssets(html: string): string {
  return html.replaceAll('"/assets/', '"assets/')
}

function draw(page: Page): string {
  return render.page(page, { csrf: 'csrf-token' })
}

/** What is wrong with the open page in either colour scheme and at any width. */
async function problemsInEveryView(): Promise<string[]> {
  const all: string[] = []
  for (const [colorScheme, width, find] of VIEWS_OF_A_PAGE) {
    await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await tab.setViewportSize({ width, height: 800 })
    all.push(...(await find(tab)).map((problem) => `${colorScheme}, ${width} px: ${problem}`))
  }
  return all
}

describe('WCAG 2.2 AA, light and dark, wide and narrow', () => {
  it.each(Object.entries(pages))('%s', async (_, page) => {
    await open(draw(page))
    expect(await problemsInEveryView()).toEqual([])
  })

  it.each([
    ['code', codeModel()],
    ['known-contact', {}],
    ['approved', {}],
    ['refused', {}],
    [
      'invitation',
      { url: 'https://id.example.org/invitation?token=token', worksUntil: '2026-11-28T05:12:00.000Z' },
    ],
  ] as const)('the email %s', async (template, model) => {
    await open(render.message(template, 'email', model, 'en').html ?? '')
    expect(await problemsInEveryView()).toEqual([])
  })

  it('has its stylesheet', async () => {
    await open(draw(Object.values(pages)[0] as Page))
    const background = () => tab.evaluate('getComputedStyle(document.body).backgroundColor')
    await tab.emulateMedia({ colorScheme: 'light' })
    const light = await background()
    await tab.emulateMedia({ colorScheme: 'dark' })
    expect(light).toMatch(/^rgb\(/)
    expect(await background()).not.toBe(light)
  })

  it('is really looked at: a page that is wrong is found to be', async () => {
    const small = '<button style="block-size:8px;padding:0;border:0">x</button>'
    const pale = '<p style="color:#999;inline-size:2000px">pale<input></p>'
    await open(`<html lang="en"><title>x</title>${pale}${small}${small}</html>`)
    const found = await problemsInEveryView()
    const timesFound = (rule: string) => found.filter((problem) => problem.includes(rule)).length
    expect(timesFound(' label: ')).toBe(2)
    for (const rule of ['color-contrast', 'target-size', 'scrolls sideways']) {
      expect(timesFound(rule)).toBe(VIEWS_OF_A_PAGE.length)
    }
  })
})

describe('hostile values', () => {
  const hostile = `"><script>document.title = 'owned'</script><b onclick='x'>&amp;\u202e${'W'.repeat(200)}`

  it.each(Object.entries(samplePages(allSaying(hostile))))('add nothing to %s', async (name, page) => {
    await tab.setViewportSize({ width: 320, height: 800 })
    await open(draw(page))
    const elements = await countElements('document')
    expect(await tab.title()).not.toBe('owned')
    expect(await scrollsSideways(tab)).toBe(false)

    const ordinary = pages[name]
    if (!ordinary) throw new Error(`There is no page ${name}.`)
    const parsed = `new DOMParser().parseFromString(${JSON.stringify(draw(ordinary))}, 'text/html')`
    expect(elements).toEqual(await countElements(parsed))
  })

  function countElements(root: string): Promise<Record<string, number>> {
    return tab.evaluate(`Object.fromEntries(
      Object.entries(Object.groupBy(${root}.querySelectorAll('*'), (one) => one.localName))
        .map(([name, all]) => [name, all.length]))`)
  }
})

describe('without a script', () => {
  it('the summary of errors has the focus, and else the code', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const plain = await context.newPage()
    const focused = async (name: string) => {
      const page = pages[name]
      if (!page) throw new Error(`There is no page ${name}.`)
      const file = join(folder, 'focus.html')
      writeFileSync(file, besideAssets(draw(page)))
      await plain.goto(pathToFileURL(file).href)
      return plain.locator(':focus').getAttribute('id')
    }
    expect(await focused('password-wrong')).toBe('errors')
    expect(await focused('code-wrong')).toBe('errors')
    expect(await focused('code')).toBe('code-input')
    await context.close()
  })
})
