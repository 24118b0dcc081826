import { type DestinationStream, destination as openDestination, pino } from 'pino'
import { redactFields, scrub } from './redact.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

interface Write {
  (fields: object, message: string): void
  (message: string): void
}

/** The log of a process. Everything that passes is redacted, by key and by shape. An error goes under `err`. */
export interface Log {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  /** A log whose every line carries these fields. */
  child(fields: object): Log
  /** Hands over at once what is still buffered; also done when the process ends in an orderly way. */
  flush(): void
}

export interface LogOptions {
  readonly level: LogLevel
  /** `pretty` is for people at a terminal. */
  readonly format: 'json' | 'pretty'
  /** Standard output unless given. */
  readonly destination?: DestinationStream
}

/** When whoever reads standard output takes nothing, so many bytes wait in memory and what comes after is dropped. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024

/** Opens the log. JSON lines are written off the way of requests; at exit pino hands over what it holds. */
export async function createLog({ level, format, destination }: LogOptions): Promise<Log> {
  if (destination !== undefined) return writeTo(destination, level, format, () => {})
  const output = openDestination({ dest: 1, sync: false, maxLength: MOST_WAITING_BYTES })
  const log = await writeTo(output, level, format, () => output.flushSync())
  let dropped = 0
  output.on('drop', () => {
    dropped += 1
  })
  output.on('drain', () => {
    if (dropped === 0) return
    log.warn({ lines: dropped }, 'log lines were dropped: nobody took them')
    dropped = 0
  })
  return log
}

async function writeTo(
  out: DestinationStream,
  level: LogLevel,
  format: LogOptions['format'],
  flush: () => void,
): Promise<Log> {
  const stream = format === 'pretty' ? await openPretty(out) : out
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Done already, by redact.
      serializers: { err: (error: unknown) => error },
    },
    stream,
  )
  return wrap(logger, flush)
}

/** Loaded only when somebody looks: it is slow to start and no part of production. */
async function openPretty(out: DestinationStream): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty')
  const line = prettyFactory({ ignore: 'pid', translateTime: 'SYS:HH:MM:ss.l' })
  return { write: (text) => out.write(line(text)) }
}

function wrap(logger: pino.Logger, flush: () => void): Log {
  const writeAt = (level: 'debug' | 'info' | 'warn' | 'error'): Write => {
    return (first: object | string, message?: string) => {
      if (!logger.isLevelEnabled(level)) return
      if (typeof first === 'string') logger[level](scrub(first))
      else logger[level](redactFields(first), scrub(message ?? ''))
    }
  }
  return {
    debug: writeAt('debug'),
    info: writeAt('info'),
    warn: writeAt('warn'),
    error: writeAt('error'),
    child: (fields) => wrap(logger.child(redactFields(fields)), flush),
    flush,
  }
}
