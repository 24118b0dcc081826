import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, Page as Tab } from 'playwright-core'
import type { Page } from '../../src/http/page.ts'
import { openBrowser } from '../support/browser.ts'
import { allSaying, codeModel, samplePages, sampleRender, VIEWS } from '../support/sample-pages.ts'
import { bringAxe, findProblems, scrollsSideways } from './accessibility.ts'

const WIDTHS = [1280, 390, 320]
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
})

afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Opens a page as a file with its stylesheet beside it. */
async function open(html: string): Promise<void> {
  const file = join(folder, 'page.html')
  writeFileSync(file, html.replaceAll('"/assets/', '"assets/'))
  await tab.goto(pathToFileURL(file).href)
}

function draw(page: Page): string {
  return render.page(page, { csrf: 'csrf-token' })
}

/** What is wrong with the open page in either colour scheme and at any width. */
async function problemsInEveryLight(): Promise<string[]> {
  await bringAxe(tab)
  const all: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const width of WIDTHS) {
      await tab.setViewportSize({ width, height: 800 })
      all.push(...(await findProblems(tab)).map((problem) => `${colorScheme}, ${width} px: ${problem}`))
    }
  }
  return all
}

describe('WCAG 2.2 AA, light and dark, wide and narrow', () => {
  it.each(Object.entries(pages))('%s', async (_, page) => {
    await open(draw(page))
    expect(await problemsInEveryLight()).toEqual([])
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
    expect(await problemsInEveryLight()).toEqual([])
  })

  it('is really looked at: a page that is wrong is found to be', async () => {
    const small = '<button style="block-size:8px;padding:0;border:0">x</button>'
    const pale = '<p style="color:#999;inline-size:2000px">pale<input></p>'
    await open(`<html lang="en"><title>x</title>${pale}${small}${small}</html>`)
    const found = await problemsInEveryLight()
    for (const rule of ['color-contrast', 'label', 'target-size', 'scrolls sideways']) {
      expect(found.filter((problem) => problem.includes(rule)).length).toBeGreaterThanOrEqual(3)
    }
  })
})

describe('hostile values', () => {
  const hostile = `"><script>document.title = 'owned'</script><b onclick='x'>&amp;\u202e${'W'.repeat(200)}`

  it.each(Object.entries(samplePages(allSaying(hostile))))('add nothing to %s', async (name, page) => {
    await tab.setViewportSize({ width: 320, height: 800 })
    await open(draw(page))
    const elements = await countElements()
    expect(await tab.title()).not.toBe('owned')
    expect(await scrollsSideways(tab)).toBe(false)

    const ordinary = pages[name]
    if (!ordinary) throw new Error(`There is no page ${name}.`)
    await open(draw(ordinary))
    expect(elements).toEqual(await countElements())
  })

  function countElements(): Promise<Record<string, number>> {
    return tab.evaluate(`Object.fromEntries(
      Object.entries(Object.groupBy(document.querySelectorAll('*'), (one) => one.localName))
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
      writeFileSync(file, draw(page))
      await plain.goto(pathToFileURL(file).href)
      return plain.locator(':focus').getAttribute('id')
    }
    expect(await focused('password-wrong')).toBe('errors')
    expect(await focused('code-wrong')).toBe('errors')
    expect(await focused('code')).toBe('code-input')
    await context.close()
  })
})
