import { parseArgs } from 'node:util'

/** Writes one line. */
export type Out = (line: string) => void

/** `operand` is empty for a command that takes none. */
export type Asked =
  | { kind: 'run'; json: boolean; operand: string }
  | { kind: 'help' }
  | { kind: 'wrong'; what: string }

/** What follows the name of a command that takes --json and --help, and perhaps one word that is no option. */
export function readOptions(args: readonly string[], { operand }: { operand?: string } = {}): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
      allowPositionals: operand !== undefined,
    })
    if (values.help) return { kind: 'help' }
    const [word = '', ...more] = positionals
    if (operand !== undefined && (word === '' || more.length > 0)) {
      return { kind: 'wrong', what: `This command takes one ${operand}.` }
    }
    return { kind: 'run', json: values.json ?? false, operand: word }
  } catch (error) {
    return { kind: 'wrong', what: error instanceof Error ? error.message : String(error) }
  }
}
