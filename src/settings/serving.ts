import { isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'
import type { Environment, Variable, WithFallback } from './environment.ts'
import { isLoopbackName } from './loopback.ts'
import type { Problems } from './problems.ts'

/** Where and for whom Latchkey serves: mode, public address, what it listens on, the demo application. */
export type Mode = 'development' | 'production'

export type DemoSettings =
  | { readonly enabled: false }
  | { readonly enabled: true; readonly port: number; readonly url: string }

export interface ServingSettings {
  readonly mode: Mode
  /** The public URL without a slash at the end: the only source of absolute links. */
  readonly issuer: string
  /** `aud` of a first-party or machine client's access token when it asks for no `resource`. */
  readonly audience: string
  readonly listen: { readonly host: string; readonly port: number }
  /** Where figures are served in production, on loopback; null: nowhere. */
  readonly metricsPort: number | null
  readonly demo: DemoSettings
}

/** Taken: the audience of the management API. */
export const ADMIN_AUDIENCE = 'urn:latchkey:admin'

const port = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'must be a port from 1 to 65535')
  .transform(Number)
  .refine((number) => number <= 65_535, 'must be a port from 1 to 65535')

const modeVariable: WithFallback<Mode> = {
  name: 'LATCHKEY_MODE',
  shown: '`development`',
  fallback: 'development',
  meaning: '`production` refuses every development value; `development` listens on loopback only',
  schema: z.enum(['development', 'production']),
}

const issuerVariable: Variable<string> = {
  name: 'LATCHKEY_ISSUER',
  shown: '`http://localhost:<port>`',
  fallback: null,
  meaning: 'public URL, without a path; the only source of absolute links',
  schema: z.string().superRefine((value, context) => {
    const url = URL.canParse(value) ? new URL(value) : null
    if (url === null || !['http:', 'https:'].includes(url.protocol)) {
      context.addIssue('must be a URL such as https://id.example')
    } else if (url.origin !== value) {
      context.addIssue(`must have no path, slash at the end, query or user; write ${url.origin}`)
    }
  }),
}

const hostVariable: WithFallback<string> = {
  name: 'LATCHKEY_HOST',
  shown: '`127.0.0.1`',
  fallback: '127.0.0.1',
  meaning: 'address to listen on; `0.0.0.0` for every one, in production only',
  schema: z
    .string()
    .refine(
      (value) => isIPv4(value) || isIPv6(value) || /^[A-Za-z][A-Za-z0-9.-]{0,252}$/.test(value),
      'must be an IP address or a host name',
    ),
}

const portVariable: WithFallback<number> = {
  name: 'LATCHKEY_PORT',
  shown: '`3000`',
  fallback: '3000',
  meaning: 'port to listen on',
  schema: port,
}

const demoPortVariable: Variable<number | 'off'> = {
  name: 'LATCHKEY_DEMO_PORT',
  shown: '`3001`',
  fallback: null,
  meaning: "the demo application's port; `off` leaves it out, and it is off in production",
  schema: z.string().transform((value, context) => {
    if (value === 'off') return value
    const result = port.safeParse(value)
    if (!result.success) context.addIssue('must be a port from 1 to 65535, or off')
    return result.success ? result.data : 'off'
  }),
}

const metricsPortVariable: Variable<number> = {
  name: 'LATCHKEY_METRICS_PORT',
  shown: 'none',
  fallback: null,
  meaning: 'port on loopback for `/metrics`; in development they are on the main port too',
  schema: port,
}

const audienceVariable: Variable<string> = {
  name: 'LATCHKEY_AUDIENCE',
  shown: '`<issuer>/api`',
  fallback: null,
  meaning: '`aud` of the access tokens of first-party and machine clients that ask for no `resource`',
  schema: z
    .string()
    .refine(
      (value) => URL.canParse(value) && !value.includes('#'),
      'must be an absolute URI without a fragment, such as https://api.example',
    ),
}

export const servingVariables: readonly Variable<unknown>[] = [
  modeVariable,
  issuerVariable,
  hostVariable,
  portVariable,
  demoPortVariable,
  metricsPortVariable,
  audienceVariable,
]

export function readServing(environment: Environment, problems: Problems): ServingSettings {
  const mode = environment.read(modeVariable)
  const listen = { host: environment.read(hostVariable), port: environment.read(portVariable) }
  const issuer = environment.read(issuerVariable) ?? `http://localhost:${listen.port}`
  const audience = environment.read(audienceVariable) ?? `${issuer}/api`
  const demoPort = environment.read(demoPortVariable) ?? (mode === 'production' ? 'off' : 3001)

  if (mode === 'development' && !problems.has(modeVariable.name) && !isLoopbackName(listen.host)) {
    const what = 'development listens on loopback only; write 127.0.0.1, or set LATCHKEY_MODE=production'
    problems.addIfSound(hostVariable.name, what)
  }
  if (demoPort === listen.port) {
    problems.addIfSound(demoPortVariable.name, `must not be the port of Latchkey itself, ${listen.port}`)
  }
  const metricsPort = environment.read(metricsPortVariable)
  if (metricsPort !== null && [listen.port, demoPort].includes(metricsPort)) {
    problems.addIfSound(metricsPortVariable.name, 'must be a port of its own')
  }
  // A third-party token has the issuer as its audience and is good for userinfo alone; APIs must never take it.
  if (audience === issuer || audience === ADMIN_AUDIENCE) {
    problems.addIfSound(audienceVariable.name, `must not be the issuer or ${ADMIN_AUDIENCE}`)
  }
  const demo: DemoSettings =
    demoPort === 'off'
      ? { enabled: false }
      : { enabled: true, port: demoPort, url: `http://localhost:${demoPort}` }
  return { mode, issuer, audience, listen, metricsPort, demo }
}
