import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { createLog, type LogLevel } from './log.ts'

async function openLog(level: LogLevel, format: 'json' | 'pretty' = 'json') {
  const lines: string[] = []
  const log = await createLog({ level, format, destination: { write: (line) => void lines.push(line) } })
  return { log, lines }
}

describe('a log line', () => {
  it('is JSON with time, level, process and what was said', async () => {
    const { log, lines } = await openLog('info')
    log.child({ worker: 'tidying' }).info({ rows: 3 }, 'tidied')
    expect(JSON.parse(lines.join(''))).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      pid: process.pid,
      worker: 'tidying',
      rows: 3,
      msg: 'tidied',
    })
  })

  it('is not written below the level', async () => {
    const { log, lines } = await openLog('warn')
    log.info('not this')
    log.warn('this')
    expect(lines).toHaveLength(1)
  })

  it('holds no secret, in a field, in a child, in the message or in an error', async () => {
    const { log, lines } = await openLog('debug')
    const err = new Error('sent /x?token=s3cret')
    log.child({ token: 's3cret' }).error({ password: 's3cret', err }, 'at /y?code=s3cret')
    expect(lines.join('')).not.toContain('s3cret')
    expect(lines.join('').match(/\[redacted\]/g)).toHaveLength(5)
  })

  it('is readable at a terminal', async () => {
    const { log, lines } = await openLog('info', 'pretty')
    log.info({ rows: 3 }, 'tidied')
    expect(lines.join('')).toMatch(/INFO.*tidied[\s\S]*rows.*3/)
  })
})

describe('the end of the process', () => {
  it('loses no line', () => {
    const script = `
      import { createLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)}
      const log = await createLog({ level: 'info', format: 'json' })
      for (let line = 0; line < 5000; line += 1) log.info({ line }, 'a line of some length, so that the pipe fills')
      process.exit(3)`
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    expect(run.status).toBe(3)
    expect(run.stdout.trimEnd().split('\n')).toHaveLength(5000)
  })
})

describe('a reader who takes nothing', () => {
  it('makes the process hold no more than 16 MB for them, and is told of what was dropped', async () => {
    const script = `
      import { createLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)}
      const log = await createLog({ level: 'info', format: 'json' })
      for (let line = 0; line < 30_000; line += 1) log.info({ line, long: 'a word '.repeat(140) }, 'a line')
      process.send('said')
      process.once('message', () => process.disconnect())`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    await once(child, 'message')
    child.send('go')
    const lines = (await text(child.stdout ?? Readable.from([]))).trimEnd().split('\n')
    const kept = lines.filter((line) => line.includes('a line')).length
    // About 1.1 KB each.
    expect(kept).toBeGreaterThan(10_000)
    expect(kept).toBeLessThan(20_000)
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      level: 'warn',
      lines: 30_000 - kept,
      msg: 'log lines were dropped: nobody took them',
    })
  })
})
