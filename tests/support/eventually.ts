import { setTimeout as pause } from 'node:timers/promises'

const PATIENCE_MS = 5000

/** Asks again and again, for what happens by itself a little later. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (Date.now() > until) throw new Error(`${PATIENCE_MS} ms passed, and it is not so: ${what}`)
    await pause(5)
  }
}
