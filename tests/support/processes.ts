import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program in a process of its own, as an operator would start it. */
export interface RunningProcess {
  /** Everything printed so far, both streams. */
  output(): string
  /** Waits until the output matches; throws, with the output, when the process ends or a minute passes first. */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>
  exit(): Promise<Exit>
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<Exit>
  /** Sends SIGKILL, which nothing can prepare for. */
  kill(): void
}

const PATIENCE_MS = 60_000

/** Starts a script with the Node that runs the tests. */
export function startNode(
  script: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): RunningProcess {
  return startProgram(process.execPath, [script, ...args], env)
}

/** Its environment is `env` and the PATH, nothing else, so a variable set on the machine changes no test. */
export function startProgram(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): RunningProcess {
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const keep = (chunk: Buffer) => {
    printed += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = once(child, 'close').then(
    ([code, signal]: (number | NodeJS.Signals | null)[]): Exit => ({
      code: typeof code === 'number' ? code : null,
      signal: typeof signal === 'string' ? signal : null,
    }),
  )
  const waitFor = (pattern: RegExp) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const giveUp = (why: string) => reject(new Error(`${why} before ${pattern} was printed:\n${printed}`))
      const timer = setTimeout(() => giveUp(`${PATIENCE_MS} ms passed`), PATIENCE_MS)
      const look = () => {
        const match = printed.match(pattern)
        if (match === null) return
        clearTimeout(timer)
        resolve(match)
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      ended.then(() => {
        clearTimeout(timer)
        giveUp('the process ended')
      }, reject)
      look()
    })
  return {
    output: () => printed,
    waitFor,
    exit: () => ended,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
    kill() {
      child.kill('SIGKILL')
    },
  }
}
