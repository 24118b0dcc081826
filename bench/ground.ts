import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ground, Pace } from './bench.ts'
import { DATA, START_FLAGS, startServer } from './server-process.ts'
import { startBareProvider, startLatchkey } from './site.ts'

export interface OwnGround extends Ground {
  /** Ends what was started and removes what was written. */
  leave(): Promise<void>
}

/** The ground of one bench. With `profile`, every server writes a CPU profile when it ends. */
export function openGround(pace: Pace, profile: boolean): OwnGround {
  const nodeOptions = profile ? ['--cpu-prof', `--cpu-prof-dir=${join(DATA, 'profiles')}`] : []
  const started: { stop(): Promise<void> }[] = []
  // Not the machine's folder for temporary files: that is memory on many machines, where a commit costs nothing.
  mkdirSync(DATA, { recursive: true })
  const root = mkdtempSync(join(DATA, 'bench-'))
  const remove = () => rmSync(root, { recursive: true, force: true })
  process.once('exit', remove)

  const newFolder = () => mkdtempSync(join(root, 'run-'))
  async function keep<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const one = await starting
    started.push(one)
    return one
  }
  return {
    pace,
    newFolder,
    startLatchkey: (hashing, more = {}) =>
      keep(startLatchkey({ dataDir: newFolder(), hashing, ...more }, nodeOptions)),
    startServer: (file, options) => keep(startServer(file, options, [...START_FLAGS, ...nodeOptions])),
    startBareProvider: () => keep(startBareProvider(nodeOptions)),
    async leave() {
      await Promise.all(started.map((one) => one.stop()))
      process.off('exit', remove)
      remove()
    },
  }
}
