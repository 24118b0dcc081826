import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page as Tab } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']
/** The rules whose answer depends on colours and sizes; what the others read is the same in every light and width. */
const DRAWN_RULES = ['color-contrast', 'link-in-text-block', 'target-size']

const OPTIONS = {
  resultTypes: ['violations'],
  // The one framed document is the email, which is looked at by itself.
  iframes: false,
}
const ALL = {
  ...OPTIONS,
  runOnly: { type: 'tag', values: LEVELS },
  rules: { 'target-size': { enabled: true } },
}
const DRAWN = { ...OPTIONS, runOnly: { type: 'rule', values: DRAWN_RULES } }

export type Light = 'light' | 'dark'

/**
 * Makes a tab one in which documents are looked at: axe-core is brought once and stays warm, while each document
 * replaces the one before it. To bring it into every page costs more than all that it does there. Relative addresses
 * are those of `url`, of which nothing but the stylesheets is asked.
 */
export async function bringAxe(tab: Tab, url: string): Promise<void> {
  await tab.route(url, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }))
  await tab.goto(url)
  await tab.unroute(url)
  await tab.evaluate(AXE)
}

/** What is wrong with the document as it is drawn now: WCAG 2.0 to 2.2, A and AA, and a sideways scroll. */
export function findProblems(tab: Tab): Promise<string[]> {
  return run(tab, ALL)
}

/** The same for a document that `findProblems` has seen in another light or at another width. */
export function findDrawnProblems(tab: Tab): Promise<string[]> {
  return run(tab, DRAWN)
}

async function run(tab: Tab, options: typeof ALL | typeof DRAWN): Promise<string[]> {
  // Only what is wrong is handed over: the whole answer is long, and costs more than the run.
  const found: string[] = await tab.evaluate(`axe.run(${JSON.stringify(options)}).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`)
  return (await scrollsSideways(tab)) ? [...found, 'scrolls sideways'] : found
}

export async function scrollsSideways(tab: Tab): Promise<boolean> {
  return tab.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}
