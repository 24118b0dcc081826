import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ground, Pace } from './bench.ts'
import { DATA } from './server-process.ts'
import { type Site, startBareProvider, startLatchkey } from './site.ts'

export interface OwnGround extends Ground {
  /** Ends what was started and removes what was written. */
  leave(): Promise<void>
}

/** The ground of one bench. With `profile`, every server writes a CPU profile when it ends. */
export function openGround(pace: Pace, profile: boolean): OwnGround {
  const nodeOptions = profile ? ['--cpu-prof', `--cpu-prof-dir=${join(DATA, 'profiles')}`] : []
  const sites: Site[] = []
  // Not the machine's folder for temporary files: that is memory on many machines, where a commit costs nothing.
  mkdirSync(DATA, { recursive: true })
  const root = mkdtempSync(join(DATA, 'bench-'))
  const remove = () => rmSync(root, { recursive: true, force: true })
  process.once('exit', remove)

  const newFolder = () => mkdtempSync(join(root, 'run-'))
  async function keep(starting: Promise<Site>): Promise<Site> {
    const site = await starting
    sites.push(site)
    return site
  }
  return {
    pace,
    newFolder,
    startLatchkey: (hashing, more = {}) =>
      keep(startLatchkey({ dataDir: newFolder(), hashing, ...more }, nodeOptions)),
    startBareProvider: () => keep(startBareProvider(nodeOptions)),
    async leave() {
      await Promise.all(sites.map((site) => site.stop()))
      process.off('exit', remove)
      remove()
    },
  }
}
