import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page as Tab } from 'playwright-core'
import { bringAxe, findProblems } from './accessibility.ts'

/** Somebody at a browser of their own, who notes everything that is wrong with what they see. */
export interface Person {
  readonly tab: Tab
  /** What the browser refused or reported, and what is wrong with the pages looked at. */
  readonly complaints: readonly string[]
  /** Looks at the open page in light and dark. With `LATCHKEY_TEST_PICTURES`, a folder, takes pictures of it. */
  look(name: string): Promise<void>
  leave(): Promise<void>
}

export async function openPerson(browser: Browser, options: BrowserContextOptions = {}): Promise<Person> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const tab = await context.newPage()
  // axe-core waits for timers, which stand still where scripts are off.
  const runsScripts = options.javaScriptEnabled !== false
  const complaints: string[] = []
  tab.on('pageerror', (error) => complaints.push(`${tab.url()}: ${error.message}`))
  tab.on('console', (line) => {
    // What the content security policy refuses is reported here; so is a status such as 422, which is meant.
    if (line.type() !== 'error' || line.text().startsWith('Failed to load resource')) return
    complaints.push(`${tab.url()}: ${line.text()}`)
  })

  return {
    tab,
    complaints,
    async look(name) {
      if (runsScripts) await bringAxe(tab)
      for (const colorScheme of ['light', 'dark'] as const) {
        await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await takePicture(`${name}-${colorScheme}`)
        const found = runsScripts ? await findProblems(tab) : []
        complaints.push(...found.map((problem) => `${name}, ${colorScheme}: ${problem}`))
      }
    },
    leave: () => context.close(),
  }

  async function takePicture(name: string): Promise<void> {
    const folder = process.env['LATCHKEY_TEST_PICTURES']
    const width = tab.viewportSize()?.width
    if (folder !== undefined)
      await tab.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true })
  }
}
