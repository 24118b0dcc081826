import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import type { AdapterPayload } from 'oidc-provider'
import { z } from 'zod'
import type { Revocations } from '../domain/revocations/index.ts'
import type { Clock } from '../lib/clock.ts'

/** The claims of a person's access token that we rely on ourselves (interface.md, Tokens). */
const personTokenSchema = z.object({
  sub: z.string(),
  aud: z.string(),
  client_id: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  scope: z.string().default(''),
  sid: z.string().optional(),
  user_type: z.string().optional(),
  latchkey_grant: z.string(),
  latchkey_rv: z.array(z.string()),
  cnf: z.object({ jkt: z.string().optional() }).optional(),
})

export interface AccessTokens {
  /** What the library would have stored for this JWT, or undefined when it is not one of ours, expired or dead. */
  asPayload(value: string): Promise<AdapterPayload | undefined>
}

/** What a token's grant says that the token does not. */
export interface GrantOfToken {
  /** The library looks grants up by value. */
  readonly value: string
  readonly sessionId: string | null
  /** The claims that were asked for at userinfo one by one (OIDC Core §5.5). */
  readonly userinfoClaims: readonly string[]
}

export interface AccessTokensParts {
  readonly issuer: string
  /** The audiences whose tokens are good at our own userinfo endpoint. */
  readonly audiences: readonly string[]
  readonly publicKeys: () => JSONWebKeySet
  readonly revocations: Revocations
  /** The grant with this stored id, while it is alive. */
  readonly findGrant: (storedId: string) => Promise<GrantOfToken | null>
  readonly userTypeOf: (accountId: string) => Promise<string | null>
  readonly clock: Clock
}

export function createAccessTokens(parts: AccessTokensParts): AccessTokens {
  const { issuer, audiences, publicKeys, revocations, findGrant, userTypeOf, clock } = parts
  return {
    async asPayload(value) {
      const claims = await verified(value)
      if (!claims) return undefined
      const grant = await findGrant(claims.latchkey_grant)
      const userType = await userTypeOf(claims.sub)
      if (!grant || userType === null) return undefined
      const roots = {
        audience: claims.aud,
        jti: claims.jti,
        clientId: claims.client_id,
        person: {
          accountId: claims.sub,
          userType,
          grantId: claims.latchkey_grant,
          sessionUid: grant.sessionId,
        },
      }
      if (!(await revocations.isAlive(roots, claims.latchkey_rv))) return undefined
      return {
        kind: 'AccessToken',
        jti: value,
        iat: claims.iat,
        exp: claims.exp,
        accountId: claims.sub,
        clientId: claims.client_id,
        grantId: grant.value,
        scope: claims.scope,
        ...(claims.sid === undefined ? {} : { sid: claims.sid }),
        ...(claims.cnf?.jkt === undefined ? {} : { jkt: claims.cnf.jkt }),
        claims: { userinfo: Object.fromEntries(grant.userinfoClaims.map((name) => [name, null])) },
      }
    },
  }

  async function verified(value: string): Promise<z.infer<typeof personTokenSchema> | null> {
    try {
      const { payload } = await jwtVerify(value, createLocalJWKSet(publicKeys()), {
        issuer,
        audience: [...audiences],
        typ: 'at+jwt',
        algorithms: ['ES256', 'RS256', 'EdDSA'],
        currentDate: clock.now(),
      })
      return personTokenSchema.parse(payload)
    } catch {
      return null
    }
  }
}
