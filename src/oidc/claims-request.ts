import { errors } from 'oidc-provider'
import { z } from 'zod'

/** Nobody asks for more by hand, and what is deeper or longer is made to be expensive. */
const LONGEST_PARAMETER = 4096
const ACR = z
  .looseObject({
    essential: z.boolean().optional(),
    value: z.string().optional(),
    values: z.array(z.string()).optional(),
  })
  .nullable()

/** The `claims` parameter of an authorization request (OIDC Core §5.5), or `{}` without one. */
export interface ClaimsRequest {
  readonly userinfo?: Readonly<Record<string, unknown>> | undefined
  readonly id_token?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Refuses what the library would take and stumble over later: each claim is null or an object (§5.5.1), and what
 * is asked of `acr` is of the shape that the section gives it.
 */
export function assertClaimsRequest(text: unknown, request: ClaimsRequest): void {
  if (typeof text === 'string' && text.length > LONGEST_PARAMETER) refuse('is too long')
  for (const part of [request.userinfo, request.id_token]) {
    for (const [name, claim] of Object.entries(part ?? {})) {
      if (name === '__proto__') refuse('has a claim that cannot be')
      if (typeof claim !== 'object' || Array.isArray(claim))
        refuse('must have null or an object for each claim')
    }
  }
  const acr = request.id_token?.['acr']
  if (acr !== undefined && !ACR.safeParse(acr).success) {
    refuse('must have a string as value and a list of strings as values of acr')
  }
}

function refuse(what: string): never {
  throw new errors.InvalidRequest(`claims parameter ${what}`)
}

/** Reads the parameter of a request that was accepted. */
export function readClaims(parameter: unknown): ClaimsRequest {
  return typeof parameter === 'string' ? (JSON.parse(parameter) as ClaimsRequest) : {}
}

/** What it asks of the ID token's `acr`. */
export function acrOf({ id_token: claims }: ClaimsRequest): { values: string[]; essential: boolean } {
  const acr = ACR.parse(claims?.['acr'] ?? null)
  const values = acr?.values ?? (acr?.value === undefined ? [] : [acr.value])
  return { values, essential: acr?.essential === true }
}

/** The claims asked for at userinfo and in the ID token, each once. */
export function claimNames({ userinfo, id_token: idToken }: ClaimsRequest): string[] {
  return [...new Set([...Object.keys(userinfo ?? {}), ...Object.keys(idToken ?? {})])]
}
