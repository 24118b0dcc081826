import { z } from 'zod'
import type { Environment, Variable, WithFallback } from './environment.ts'
import type { Problems } from './problems.ts'
import { type Secret, secretOf } from './secret.ts'

/** Which register of employees is asked: the one that Latchkey keeps, or a service of the organisation. */
export type RegisterSettings =
  | { readonly kind: 'built-in' }
  | {
      readonly kind: 'http'
      /** Without a slash at the end. */
      readonly url: string
      readonly token: Secret
      /** So long an answer is good without asking again. */
      readonly maxAgeSeconds: number
    }

const urlVariable: Variable<string> = {
  name: 'LATCHKEY_REGISTER_URL',
  shown: 'built-in register',
  fallback: null,
  meaning: "an organisation's own register of employees, asked as `GET <url>/<employee id>`",
  schema: z
    .string()
    .refine(isPlainUrl, 'must be a URL without user, query or fragment, such as https://hr.example/employees')
    .transform((value) => value.replace(/\/+$/, '')),
}

const tokenVariable: Variable<string> = {
  name: 'LATCHKEY_REGISTER_TOKEN',
  shown: 'none',
  fallback: null,
  meaning: 'bearer token that the register is asked with',
  secret: true,
  // RFC 6750 §2.1, b64token: what a header can carry.
  schema: z
    .string()
    .regex(/^[A-Za-z0-9._~+/-]{1,4096}=*$/, 'must be a bearer token: letters, digits, ._~+/-'),
}

const maxAgeVariable: WithFallback<number> = {
  name: 'LATCHKEY_REGISTER_MAX_AGE_SECONDS',
  shown: '`900`',
  fallback: '900',
  meaning:
    'so long its answer is good; when it is older and the register cannot be asked, the roles are dropped',
  schema: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'must be seconds from 1 to 86400')
    .transform(Number)
    .refine((seconds) => seconds <= 86_400, 'must be seconds from 1 to 86400'),
}

export const registerVariables: readonly Variable<unknown>[] = [urlVariable, tokenVariable, maxAgeVariable]

export const REGISTER_URL_NAME = urlVariable.name

export function readRegister(environment: Environment, problems: Problems): RegisterSettings {
  const url = environment.read(urlVariable)
  const token = environment.read(tokenVariable)
  const maxAgeSeconds = environment.read(maxAgeVariable)
  if (url !== null && token === null) {
    const file = `${tokenVariable.name}_FILE`
    if (!problems.has(file))
      problems.addIfSound(tokenVariable.name, 'is missing; write what the register takes')
  }
  if (url === null && token !== null) {
    problems.addIfSound(urlVariable.name, `is missing, and ${tokenVariable.name} is set; set both or none`)
  }
  return url === null
    ? { kind: 'built-in' }
    : { kind: 'http', url, token: secretOf(token ?? ''), maxAgeSeconds }
}

function isPlainUrl(value: string): boolean {
  if (!URL.canParse(value) || /[?#]/.test(value)) return false
  const { protocol, username, password } = new URL(value)
  return ['http:', 'https:'].includes(protocol) && username === '' && password === ''
}
