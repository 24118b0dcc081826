import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { readModule } from './read-module.ts'

interface LockedPackage {
  readonly resolved?: string
  readonly integrity?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const root = join(import.meta.dirname, '../..')
const { packages } = readJson<{ packages: Readonly<Record<string, LockedPackage>> }>('package-lock.json')
const { dependencies } = readJson<{ dependencies: Readonly<Record<string, string>> }>('package.json')

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(join(root, file), 'utf8')) as T
}

/** Node's look-up: beside the package that asks, then upwards. */
function isLocked(name: string, from: string): boolean {
  if (`${from}/node_modules/${name}` in packages) return true
  const parent = from.lastIndexOf('/node_modules/')
  return parent < 0 ? `node_modules/${name}` in packages : isLocked(name, from.slice(0, parent))
}

describe('the lockfile', () => {
  // npm leaves out what the registry of the machine that wrote it does not have, and `npm ci` then refuses the
  // lockfile on every machine.
  it('names the build of a native package for every platform', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter((name) => !isLocked(name, path)),
    )
    expect(missing).toEqual([])
  })

  it('has a checksum for each package', () => {
    const bare = Object.entries(packages).filter(([path, one]) => path !== '' && one.integrity === undefined)
    expect(bare.map(([path]) => path)).toEqual([])
  })

  it('names the host of no registry', () => {
    expect(Object.values(packages).flatMap((one) => one.resolved ?? [])).toEqual([])
  })
})

describe('what runs in production', () => {
  it('imports no package that the image leaves out', () => {
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      /(?<!\.test|\.contract)\.(ts|js)$/.test(file),
    )
    const imported = files
      .flatMap((file) => readModule(readFileSync(join(root, 'src', file), 'utf8')).imports)
      .filter(({ specifier, typeOnly }) => !typeOnly && !specifier.startsWith('.'))
      .map(({ specifier }) => specifier)
      .filter((specifier) => !specifier.startsWith('node:') && !builtinModules.includes(specifier))
      .map((specifier) => specifier.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? specifier)
    expect([...new Set(imported)].filter((name) => !(name in dependencies))).toEqual([])
  })
})
