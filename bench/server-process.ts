import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import manifest from '../package.json' with { type: 'json' }

/** What `npm start` tells Node; every node of ours that is measured is told the same. */
export const START_FLAGS = manifest.scripts.start.split(' ').filter((word) => word.startsWith('--'))

/** What a server says once it listens. */
export interface Ready {
  readonly url: string
}

export interface ServerProcess extends Ready {
  readonly pid: number
  /** Asks the server for a number, over a channel that is not its network. */
  ask(question: string): Promise<number>
  stop(): Promise<void>
  /** Ends it without a word, as the system does when memory is short. */
  kill(): Promise<void>
}

const STOPS_WITHIN_MS = 15_000

/** The folder whose `config/` the servers read. */
export const ROOT = join(import.meta.dirname, '..')
/** What the benches write; on the disk of this tree, and no part of it. */
export const DATA = join(import.meta.dirname, 'data')
/** Where Node keeps compiled code from one start to the next, as main.ts asks it to. */
export const COMPILED = join(DATA, 'compiled')

/** Starts a server of this folder in a process of its own: the load that measures it takes none of its time. */
export async function startServer(
  file: string,
  options: object,
  nodeOptions: readonly string[],
): Promise<ServerProcess> {
  const path = join(import.meta.dirname, file)
  const child = spawn(process.execPath, [...nodeOptions, path, JSON.stringify(options)], {
    // Standard output is the server's log.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    cwd: ROOT,
    env: { NODE_COMPILE_CACHE: COMPILED },
  })
  const { url } = await nextMessage<Ready>(child, file)
  return {
    url,
    pid: child.pid ?? 0,
    async ask(question) {
      const answer = nextMessage<number>(child, file)
      child.send(question)
      return answer
    },
    stop: () => stopProcess(child),
    kill: () => endProcess(child, 'SIGKILL'),
  }
}

/** Ends a process by its id, in an orderly way first. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  const late = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS)
  await endProcess(child, 'SIGTERM')
  clearTimeout(late)
}

async function endProcess(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

async function nextMessage<T>(child: ChildProcess, file: string): Promise<T> {
  const gaveUp = new AbortController()
  const { signal } = gaveUp
  try {
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`${file} ended with ${code}.`)
    })
    const [message] = await Promise.race([once(child, 'message', { signal }), ended])
    return message as T
  } finally {
    gaveUp.abort()
  }
}
