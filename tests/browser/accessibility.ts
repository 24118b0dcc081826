import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page as Tab } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const OPTIONS = {
  runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'] },
  rules: { 'target-size': { enabled: true } },
  resultTypes: ['violations'],
  // The one framed document is the email, which is looked at by itself.
  iframes: false,
}

/** Brings axe-core into the open page through the debugger, so that no policy of the page has to allow it. */
export async function bringAxe(tab: Tab): Promise<void> {
  await tab.evaluate(AXE)
}

/** What is wrong with the open page as it is drawn now: WCAG 2.0 to 2.2, A and AA, and a sideways scroll. */
export async function findProblems(tab: Tab): Promise<string[]> {
  const results: AxeResults = await tab.evaluate(`axe.run(${JSON.stringify(OPTIONS)})`)
  const found = results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  return (await scrollsSideways(tab)) ? [...found, 'scrolls sideways'] : found
}

export async function scrollsSideways(tab: Tab): Promise<boolean> {
  return tab.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
}
