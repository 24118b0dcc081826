import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import type { AdapterPayload } from 'oidc-provider'
import { z } from 'zod'
import type { Revocations } from '../domain/revocations/index.ts'
import type { Clock } from '../lib/clock.ts'

/** The claims of an access token that we rely on ourselves (interface.md, Tokens). */
const claimsSchema = z.looseObject({
  sub: z.string(),
  aud: z.string(),
  client_id: z.string(),
  jti: z.string(),
  iat: z.number(),
  exp: z.number(),
  scope: z.string().default(''),
  sid: z.string().optional(),
  /** Absent in a machine's. */
  latchkey_grant: z.string().optional(),
  latchkey_rv: z.array(z.string()),
  cnf: z.object({ jkt: z.string().optional() }).optional(),
})
type Claims = z.infer<typeof claimsSchema>

/** What the library adds by itself to what it answers about a token. */
const LIBRARY_CLAIMS: ReadonlySet<string> = new Set(
  'iss sub aud client_id iat exp jti scope sid cnf'.split(' '),
)

/** Our JWTs as the library would have stored them; undefined when one is not ours, expired or dead. */
export interface AccessTokens {
  /** A person's, for the userinfo endpoint: the library refuses what has an `aud` there. */
  forUserinfo(value: string): Promise<AdapterPayload | undefined>
  /** A person's or a machine's, with all that it says, to be introspected or revoked. */
  inFull(value: string): Promise<AdapterPayload | undefined>
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
  readonly userinfoAudiences: readonly string[]
  readonly isAudience: (audience: string) => boolean
  readonly publicKeys: () => JSONWebKeySet
  readonly revocations: Revocations
  /** The grant with this stored id, while it is alive. */
  readonly findGrant: (storedId: string) => Promise<GrantOfToken | null>
  readonly userTypeOf: (accountId: string) => Promise<string | null>
  readonly clock: Clock
}

export function createAccessTokens(parts: AccessTokensParts): AccessTokens {
  const { issuer, userinfoAudiences, isAudience, publicKeys, revocations, findGrant, userTypeOf, clock } =
    parts

  let keySet: { readonly kids: string; readonly find: ReturnType<typeof createLocalJWKSet> } | null = null

  /** jose keeps the keys that it has read in the set, so the set is kept while they are the same. */
  function keysNow() {
    const jwks = publicKeys()
    const kids = jwks.keys.map(({ kid }) => kid).join()
    keySet = keySet?.kids === kids ? keySet : { kids, find: createLocalJWKSet(jwks) }
    return keySet.find
  }

  async function verified(value: string): Promise<Claims | null> {
    try {
      const { payload } = await jwtVerify(value, keysNow(), {
        issuer,
        typ: 'at+jwt',
        algorithms: ['ES256', 'RS256', 'EdDSA'],
        currentDate: clock.now(),
      })
      return claimsSchema.parse(payload)
    } catch {
      return null
    }
  }

  async function findPerson({ sub, latchkey_grant: grantId }: Claims) {
    if (grantId === undefined) return null
    const [grant, userType] = await Promise.all([findGrant(grantId), userTypeOf(sub)])
    return grant && userType !== null ? { grant, grantId, userType } : undefined
  }

  /** Undefined for what is dead; `person` is null in a machine's token. */
  async function findAlive(claims: Claims) {
    const person = await findPerson(claims)
    if (person === undefined) return undefined
    const roots = {
      audience: claims.aud,
      jti: claims.jti,
      clientId: claims.client_id,
      person: person && {
        accountId: claims.sub,
        userType: person.userType,
        grantId: person.grantId,
        sessionUid: person.grant.sessionId,
      },
    }
    return (await revocations.isAlive(roots, claims.latchkey_rv)) ? { person } : undefined
  }

  return {
    async forUserinfo(value) {
      const claims = await verified(value)
      if (!claims || !userinfoAudiences.includes(claims.aud)) return undefined
      const person = (await findAlive(claims))?.person
      if (!person) return undefined
      const asked = person.grant.userinfoClaims.map((name) => [name, null])
      return {
        ...common(claims),
        kind: 'AccessToken',
        jti: value,
        accountId: claims.sub,
        grantId: person.grant.value,
        claims: { userinfo: Object.fromEntries(asked) },
      }
    },

    async inFull(value) {
      const claims = await verified(value)
      if (!claims || !isAudience(claims.aud)) return undefined
      const alive = await findAlive(claims)
      if (!alive) return undefined
      const extra = Object.fromEntries(Object.entries(claims).filter(([name]) => !LIBRARY_CLAIMS.has(name)))
      const payload = { ...common(claims), jti: claims.jti, aud: claims.aud }
      if (!alive.person)
        return { ...payload, kind: 'ClientCredentials', extra: { ...extra, sub: claims.sub } }
      return {
        ...payload,
        kind: 'AccessToken',
        accountId: claims.sub,
        grantId: alive.person.grant.value,
        extra,
      }
    },
  }
}

function common({ iat, exp, client_id: clientId, scope, sid, cnf }: Claims) {
  return {
    iat,
    exp,
    clientId,
    scope,
    ...(sid === undefined ? {} : { sid }),
    ...(cnf?.jkt === undefined ? {} : { jkt: cnf.jkt }),
  }
}
