import { posix } from 'node:path'
import {
  clockAndRandomFiles,
  contractTypes,
  EVERYTHING,
  environmentReader,
  importTable,
  openFolders,
  packageOwners,
  standsAlone,
} from './import-table.ts'
import { type Import, type ModuleFacts, readModule } from './read-module.ts'

export interface Violation {
  readonly file: string
  readonly rule: 'table' | 'type-only' | 'door' | 'cycle' | 'package' | 'reach' | 'tests' | 'examples'
  readonly detail: string
}

/** One import of one of our files by another. */
interface Edge extends Import {
  readonly file: string
  readonly target: string
}

/** Holds the import table over sources, given as path (from the root of the repository) → text. */
export function checkImports(sources: ReadonlyMap<string, string>): readonly Violation[] {
  const modules = [...sources]
    .filter(([file]) => !isTest(file))
    .map(([file, source]) => ({ file, facts: readModule(source) }))
  const edges = modules.flatMap(({ file, facts }) => edgesOf(file, facts.imports))
  return [
    ...modules.flatMap(({ file, facts }) => checkSurroundings(file, facts)),
    ...edges.flatMap(checkEdge),
    ...findCycles(edges),
  ]
}

const isTest = (file: string) => file.endsWith('.test.ts')
const isContract = (file: string) => file.endsWith('.contract.ts')

/** The room a file of src/ belongs to, in the words of the table; a file right below src/ is one by itself. */
function roomOf(file: string): string | null {
  const [top, first, second] = file.split('/')
  if (top !== 'src' || first === undefined) return null
  return first === 'domain' || first === 'journeys' ? `${first}/${second}` : first
}

function edgesOf(file: string, imports: readonly Import[]): readonly Edge[] {
  return imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map((one) => ({ ...one, file, target: posix.join(posix.dirname(file), one.specifier) }))
}

function checkEdge({ file, target, typeOnly }: Edge): readonly Violation[] {
  const from = roomOf(file)
  const to = roomOf(target)
  if (isTest(target) || isContract(target) || target.startsWith('tests/'))
    return isContract(file) ? [] : [{ file, rule: 'tests', detail: `imports ${target}` }]
  if (from === null)
    return to === null
      ? []
      : [{ file, rule: 'examples', detail: `imports ${target}; examples know nothing of src/` }]
  // Texts and other data lie outside src/; they bring no code along.
  if (to === null && target.endsWith('.json')) return []
  if (to === null) return [{ file, rule: 'table', detail: `imports ${target}, which is outside src/` }]
  if (from === to) return []
  const violations = checkTable(file, from, to, typeOnly)
  const isDoor = target === `src/${to}/index.ts` || target === `src/${to}`
  if (isDoor || openFolders.includes(to)) return violations
  return [...violations, { file, rule: 'door', detail: `enters ${to} by ${target}, not by its index.ts` }]
}

function checkTable(file: string, from: string, to: string, typeOnly: boolean): readonly Violation[] {
  const row = importTable.find(({ folders }) => folders.some((folder) => covers(folder, from)))
  if (row === undefined) return [{ file, rule: 'table', detail: `${from} has no row in the table` }]
  if (row.values.some((may) => covers(may, to))) return []
  const types = isContract(file) ? [...row.types, ...contractTypes] : row.types
  const namesTypes = types.some((may) => covers(may, to))
  if (namesTypes && typeOnly) return []
  if (namesTypes) return [{ file, rule: 'type-only', detail: `${from} may only \`import type\` from ${to}` }]
  return [{ file, rule: 'table', detail: `${from} may not import ${to}` }]
}

function covers(pattern: string, room: string): boolean {
  if (pattern === EVERYTHING || pattern === room) return true
  return pattern.endsWith('/*') && room.startsWith(pattern.slice(0, -1))
}

/** What a file of src/ takes from outside: packages, environment, time, randomness. */
function checkSurroundings(
  file: string,
  { imports, reaches, hasComputedImport }: ModuleFacts,
): readonly Violation[] {
  const room = roomOf(file)
  if (room === null) return []
  const violations: Violation[] = imports.flatMap(({ specifier }) => checkPackage(file, room, specifier))
  if (hasComputedImport) violations.push({ file, rule: 'table', detail: 'imports a name that is computed' })
  if (reaches.has('environment') && room !== environmentReader)
    violations.push({ file, rule: 'reach', detail: `reads process.env; only ${environmentReader} may` })
  const reachesOut = reaches.has('time') || reaches.has('randomness')
  const mayReach = clockAndRandomFiles.includes(file) || room in standsAlone || isContract(file)
  if (reachesOut && !mayReach)
    violations.push({
      file,
      rule: 'reach',
      detail: `reads time or randomness by itself; only ${clockAndRandomFiles.join(' and ')} may`,
    })
  return violations
}

function checkPackage(file: string, room: string, specifier: string): readonly Violation[] {
  const own = standsAlone[room]
  const isPackage = !specifier.startsWith('.') && !specifier.startsWith('node:')
  if (own !== undefined && isPackage && !own.includes(specifier))
    return [{ file, rule: 'package', detail: `imports ${specifier}; ${room} stands alone` }]
  for (const [name, owner] of Object.entries(packageOwners)) {
    const isIt = specifier === name || specifier.startsWith(`${name}/`)
    if (isIt && room !== owner)
      return [{ file, rule: 'package', detail: `imports ${name}; only ${owner} may` }]
  }
  return []
}

/** Rooms that need each other at run time; each cycle is named once. */
function findCycles(edges: readonly Edge[]): readonly Violation[] {
  const graph = new Map<string, Set<string>>()
  for (const { file, target, typeOnly } of edges) {
    const [from, to] = [roomOf(file), roomOf(target)]
    if (typeOnly || from === null || to === null || from === to) continue
    graph.set(from, (graph.get(from) ?? new Set()).add(to))
  }
  const done = new Set<string>()
  const violations: Violation[] = []
  const visit = (room: string, path: readonly string[]): void => {
    const start = path.indexOf(room)
    if (start >= 0) {
      const cycle = [...path.slice(start), room].join(' → ')
      violations.push({ file: `src/${room}`, rule: 'cycle', detail: cycle })
      return
    }
    if (done.has(room)) return
    for (const next of graph.get(room) ?? []) visit(next, [...path, room])
    done.add(room)
  }
  for (const room of graph.keys()) visit(room, [])
  return violations
}
