import { parseSync } from '@swc/core'

export interface Import {
  readonly specifier: string
  /** True for `import type` and `export type` alone: Node keeps `import { type A } from` as an import. */
  readonly typeOnly: boolean
}

/** Something of the surroundings that a module reaches for by itself. */
export type Reach = 'environment' | 'time' | 'randomness'

export interface ModuleFacts {
  readonly imports: readonly Import[]
  readonly reaches: ReadonlySet<Reach>
  /** An import whose name is computed can be held to no table. */
  readonly hasComputedImport: boolean
}

type Node = Readonly<Record<string, unknown>> & { readonly type: string }

const RANDOM_NAMES = 'random(?:Bytes|Int|UUID|UUIDv7|Fill|FillSync)|getRandomValues'
const REACHES: readonly (readonly [RegExp, Reach])[] = [
  [/^(?:.+\.)?process\.env$/, 'environment'],
  [/^(?:.+\.)?Date\.now$/, 'time'],
  [/^(?:.+\.)?Math\.random$/, 'randomness'],
  [new RegExp(`\\.(?:${RANDOM_NAMES})$`), 'randomness'],
]

/** What a TypeScript or JavaScript module imports and reaches for, by its syntax tree. */
export function readModule(source: string): ModuleFacts {
  const imports: Import[] = []
  const reaches = new Set<Reach>()
  let hasComputedImport = false
  for (const node of walk(parseSync(source, { syntax: 'typescript', target: 'es2024' }))) {
    const specifier = specifierOf(node)
    if (specifier === COMPUTED) hasComputedImport = true
    else if (specifier !== null) imports.push({ specifier, typeOnly: isTypeOnly(node) })
    for (const reach of reachesOf(node)) reaches.add(reach)
  }
  return { imports, reaches, hasComputedImport }
}

const COMPUTED = Symbol('an import whose name is not a literal')

function specifierOf(node: Node): string | null | typeof COMPUTED {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return textOf(node['source'])
    case 'TsImportType':
      return textOf(node['argument'])
    case 'TsExternalModuleReference':
      return textOf(node['expression'])
    case 'CallExpression':
      return isImportCall(node) ? (textOf(firstArgument(node)) ?? COMPUTED) : null
    default:
      return null
  }
}

function isTypeOnly(node: Node): boolean {
  return node['typeOnly'] === true || node.type === 'TsImportType'
}

function isImportCall(node: Node): boolean {
  const callee = node['callee']
  return isNode(callee) && (callee.type === 'Import' || nameOf(callee) === 'require')
}

function firstArgument(node: Node): unknown {
  const [first] = listOf(node['arguments'])
  return isRecord(first) ? first['expression'] : undefined
}

function reachesOf(node: Node): readonly Reach[] {
  switch (node.type) {
    case 'MemberExpression': {
      const name = nameOf(node) ?? ''
      return REACHES.filter(([pattern]) => pattern.test(name)).map(([, reach]) => reach)
    }
    // `Date()` and `new Date()` are the present; with arguments it is arithmetic.
    case 'NewExpression':
    case 'CallExpression':
      return isNode(node['callee']) &&
        /^(?:globalThis\.)?Date$/.test(nameOf(node['callee']) ?? '') &&
        listOf(node['arguments']).length === 0
        ? ['time']
        : []
    case 'VariableDeclarator':
      return isNode(node['init']) && nameOf(node['init']) === 'process' && takesEnv(node['id'])
        ? ['environment']
        : []
    case 'ImportDeclaration':
      return reachesOfImport(node)
    default:
      return []
  }
}

function takesEnv(pattern: unknown): boolean {
  const properties = isNode(pattern) ? listOf(pattern['properties']) : []
  return properties.some(
    (property) => isNode(property) && isNode(property['key']) && nameOf(property['key']) === 'env',
  )
}

function reachesOfImport(node: Node): readonly Reach[] {
  const names = listOf(node['specifiers']).filter(isNode).map(importedName)
  const module = textOf(node['source'])?.replace(/^node:/, '')
  if (module === 'process' && names.includes('env')) return ['environment']
  const isRandom = new RegExp(`^(?:${RANDOM_NAMES}|webcrypto)$`)
  return module === 'crypto' && names.some((name) => isRandom.test(name)) ? ['randomness'] : []
}

function importedName(specifier: Node): string {
  const node = specifier['imported'] ?? specifier['local']
  return (isNode(node) ? nameOf(node) : null) ?? ''
}

/** `process.env` for any spelling of it: `process['env']`, `globalThis.process.env`; null for what has no name. */
function nameOf(node: Node): string | null {
  if (node.type === 'Identifier') return typeof node['value'] === 'string' ? node['value'] : null
  if (node.type === 'Computed') return textOf(node['expression'])
  if (node.type !== 'MemberExpression' || !isNode(node['object']) || !isNode(node['property'])) return null
  const property = nameOf(node['property'])
  return property === null ? null : `${nameOf(node['object']) ?? '?'}.${property}`
}

function textOf(node: unknown): string | null {
  return isNode(node) && node.type === 'StringLiteral' && typeof node['value'] === 'string'
    ? node['value']
    : null
}

function* walk(value: unknown): Generator<Node> {
  if (isNode(value)) yield value
  const children = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []
  for (const child of children) yield* walk(child)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isNode(value: unknown): value is Node {
  return isRecord(value) && typeof value['type'] === 'string'
}
