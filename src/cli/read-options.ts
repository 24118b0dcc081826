import { parseArgs } from 'node:util'

/** Writes one line. */
export type Out = (line: string) => void

export type Asked = { kind: 'run'; json: boolean } | { kind: 'help' } | { kind: 'wrong'; what: string }

/** What follows the name of a command that takes nothing but --json and --help. */
export function readOptions(args: readonly string[]): Asked {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
    })
    return values.help ? { kind: 'help' } : { kind: 'run', json: values.json ?? false }
  } catch (error) {
    return { kind: 'wrong', what: error instanceof Error ? error.message : String(error) }
  }
}
