import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The machine's Chromium, without a window. `LATCHKEY_TEST_CHROMIUM` names one elsewhere. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: ARGUMENTS })
}

function chromiumPath(): string {
  const named = process.env['LATCHKEY_TEST_CHROMIUM']
  const found = named ?? CANDIDATES.find((path) => existsSync(path))
  if (found === undefined) {
    throw new Error('No Chromium was found: install it, or name it in LATCHKEY_TEST_CHROMIUM.')
  }
  return found
}
