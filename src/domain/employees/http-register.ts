import { z } from 'zod'
import { type Breaker, createBreaker } from '../../lib/breaker.ts'
import type { Clock } from '../../lib/clock.ts'
import { errorCode } from '../../lib/error-code.ts'
import type { Log } from '../../lib/log.ts'
import type { EmployeeRecord } from './employee.ts'
import { readRecord } from './read-record.ts'
import type { Register, RegisterAnswer } from './register.ts'

export interface HttpRegisterParts {
  /** Without a slash at the end. */
  readonly url: string
  readonly token: string
  readonly phoneRegion: string | null
  readonly timeoutMs: number
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
}

/** A record and its further columns; what is longer was not made by a register of employees. */
const LONGEST_ANSWER_BYTES = 65_536
const BREAKER = { failures: 5, openSeconds: 30 }

const answerSchema = z.object({
  employeeId: z.string(),
  role: z.string(),
  status: z.string(),
  fullName: z.string().nullish(),
  email: z.string().nullish(),
  phone: z.string().nullish(),
  attributes: z.record(z.string(), z.string()).nullish(),
})

type Asked = RegisterAnswer & {
  /** Is the service itself in trouble? Whoever picks an id whose record is odd must not shut it for all others. */
  readonly isDown?: boolean
}

const unavailable = (reason: string, isDown = false): Asked => ({ kind: 'unavailable', reason, isDown })

/** The register of an organisation's own service: `GET {url}/{employeeId}` answers one record, or 404. */
export function createHttpRegister(parts: HttpRegisterParts): Register {
  const breaker: Breaker = createBreaker({ ...BREAKER, clock: parts.clock })
  return {
    isLive: false,
    async find(employeeId) {
      // These would climb to another address of the service (URL Standard, path state), and are nobody's id.
      if (employeeId === '.' || employeeId === '..') return { kind: 'absent' }
      const pass = breaker.pass()
      if (pass === null) return { kind: 'unavailable', reason: 'too many failures; it is asked again soon' }
      const { isDown = false, ...answer } = await ask(employeeId, parts)
      if (isDown) pass.failed()
      else pass.succeeded()
      if (answer.kind === 'unavailable') parts.log.warn({ reason: answer.reason }, 'employee register')
      return answer
    },
  }
}

async function ask(employeeId: string, parts: HttpRegisterParts): Promise<Asked> {
  const { url, token, timeoutMs } = parts
  try {
    const response = await parts.fetch(`${url}/${encodeURIComponent(employeeId)}`, {
      headers: { accept: 'application/json', authorization: `Bearer ${token}` },
      // Somebody else's address must get neither the token nor a say in who is an officer.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      return response.status === 404 ? { kind: 'absent' } : unavailable(...sayStatus(response.status))
    }
    const text = await readBounded(response)
    if (text === null) return unavailable('its answer is too long')
    return toAnswer(text, employeeId, parts.phoneRegion)
  } catch (error) {
    return unavailable(sayError(error), true)
  }
}

function sayStatus(status: number): [reason: string, isDown: boolean] {
  return [`it answered ${status}`, status >= 500 || status === 408 || status === 429]
}

/** `fetch` tells by the name that time was up, and by the cause why there is no connection. */
function sayError(error: unknown): string {
  const { name, cause }: { name?: unknown; cause?: unknown } = Object(error)
  if (name === 'TimeoutError') return 'it did not answer in time'
  const code = errorCode(cause)
  return code === null ? 'it cannot be reached' : `it cannot be reached (${code})`
}

/** Null when it goes on for too long. */
async function readBounded({ body }: Response): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.byteLength
    if (length > LONGEST_ANSWER_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function toAnswer(text: string, asked: string, phoneRegion: string | null): Asked {
  const record = readAnswer(text, phoneRegion)
  if (record === null) return unavailable('its answer is not a record of an employee')
  return record.employeeId === asked
    ? { kind: 'found', record, version: null }
    : unavailable('it answered with the record of somebody else')
}

function readAnswer(text: string, phoneRegion: string | null): EmployeeRecord | null {
  const { data } = answerSchema.safeParse(parseJson(text))
  if (data === undefined) return null
  const { fullName, email, phone, attributes, ...rest } = data
  const texts = { ...rest, fullName: fullName ?? '', email: email ?? '', phone: phone ?? '' }
  const read = readRecord({ ...texts, attributes: attributes ?? {} }, phoneRegion)
  return read.ok ? read.record : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
