import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, Page as Tab } from 'playwright-core'
import { openBrowser } from '../support/browser.ts'
import { bringAxe, findDrawnProblems, findProblems, scrollsSideways } from './accessibility.ts'

/** How people look at a page: every journey is walked in each of these ways. */
export const WAYS: Readonly<Record<string, BrowserContextOptions>> = {
  'on a wide screen': {},
  'on a screen of 320 px': { viewport: { width: 320, height: 640 } },
  'with JavaScript off': { javaScriptEnabled: false },
}

/** Somebody with cookies of their own, who notes everything that is wrong with what they see. */
export interface Person {
  readonly tab: Tab
  /** What the browser refused or reported, and what is wrong with the pages looked at. */
  readonly complaints: readonly string[]
  /** Looks at the open page in light and dark. With `LATCHKEY_TEST_PICTURES`, a folder, takes pictures of it. */
  look(name: string): Promise<void>
  /** Forgets every cookie and complaint. A new person would cost a second, most of it the processes of a browser. */
  startAfresh(): Promise<void>
  leave(): Promise<void>
}

/** A browser in which people come and go. */
export interface Stage {
  enter(options?: BrowserContextOptions): Promise<Person>
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const browser = await openBrowser()
  const judge = createJudge(browser)
  return {
    enter: (options = {}) => openPerson(browser, judge, options),
    close: () => browser.close(),
  }
}

async function openPerson(browser: Browser, judge: Judge, options: BrowserContextOptions): Promise<Person> {
  // What moves on a page, nobody here sees; it would be drawn sixty times a second all the same.
  const still = { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' } as const
  const context = await browser.newContext({ ...still, ...options })
  const tab = await context.newPage()
  // Without scripts a page is the same, and is judged where they run.
  const isJudged = options.javaScriptEnabled !== false
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
      const found = isJudged ? await judge.problemsOf(tab) : []
      if (await scrollsSideways(tab)) found.push('scrolls sideways')
      complaints.push(...found.map((problem) => `${name}, ${problem}`))
      await takePictures(tab, name)
    },
    async startAfresh() {
      for (const other of context.pages()) if (other !== tab) await other.close()
      await tab.goto('about:blank')
      await context.clearCookies()
      complaints.length = 0
    },
    leave: () => context.close(),
  }
}

async function takePictures(tab: Tab, name: string): Promise<void> {
  const folder = process.env['LATCHKEY_TEST_PICTURES']
  if (folder === undefined) return
  for (const colorScheme of ['light', 'dark'] as const) {
    await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const file = `${name}-${colorScheme}-${tab.viewportSize()?.width}.png`
    await tab.screenshot({ path: join(folder, file), fullPage: true })
  }
}

/** Looks at what is in somebody's tab in a tab of its own, in which axe-core is already. */
interface Judge {
  problemsOf(tab: Tab): Promise<string[]>
}

function createJudge(browser: Browser): Judge {
  let context: BrowserContext | null = null
  /** One per origin, because a page's stylesheets are given to its own origin alone. */
  const desks = new Map<string, Tab>()

  async function deskFor(origin: string): Promise<Tab> {
    const known = desks.get(origin)
    if (known) return known
    context ??= await browser.newContext()
    const desk = await context.newPage()
    await bringAxe(desk, `${origin}/looked-at`)
    desks.set(origin, desk)
    return desk
  }

  return {
    async problemsOf(tab) {
      const desk = await deskFor(new URL(tab.url()).origin)
      await desk.setViewportSize(tab.viewportSize() ?? { width: 1280, height: 900 })
      await desk.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
      await desk.setContent(await tab.content())
      const light = await findProblems(desk)
      await desk.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
      const dark = await findDrawnProblems(desk)
      return [...light.map((problem) => `light: ${problem}`), ...dark.map((problem) => `dark: ${problem}`)]
    },
  }
}
