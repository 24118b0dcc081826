/**
 * What `latchkey/guard` is to whoever imports it. The JavaScript beside it is checked against this file.
 */

/** The claims of an access token of Latchkey that its signature vouches for. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly client_id: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  /** Scopes, separated by spaces. */
  readonly scope?: string
  /** Of a person or a machine; third parties are told only with the person's consent. */
  readonly roles?: readonly string[]
  readonly user_type?: string
  readonly sid?: string
  readonly auth_time?: number
  readonly acr?: string
  readonly amr?: readonly string[]
  readonly latchkey_rv: readonly string[]
  readonly latchkey_grant?: string
  readonly cnf?: { readonly jkt: string }
  readonly [claim: string]: unknown
}

/** What a token must carry to pass. An empty list is a mistake and is refused when the guard is made. */
export interface Requirements {
  /** One of these. */
  readonly roles?: readonly string[] | undefined
  /** All of these. */
  readonly allRoles?: readonly string[] | undefined
  /** All of these. */
  readonly scopes?: readonly string[] | undefined
}

/** Why a token was refused. */
export type Reason =
  /** Nothing to look at. */
  | 'missing-token'
  /** The request does not say one token in one way (RFC 6750 §3.1, `invalid_request`). */
  | 'malformed-request'
  /** No JWT, or larger than any of ours. */
  | 'malformed-token'
  /** `alg` is none of ES256, RS256, EdDSA. */
  | 'wrong-algorithm'
  /** No key of the issuer has this `kid`. */
  | 'unknown-key'
  | 'bad-signature'
  /** Not an access token: `typ` is not `at+jwt`. */
  | 'wrong-type'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'expired'
  | 'not-yet-valid'
  /** A claim that every access token has is missing or of the wrong kind. */
  | 'bad-claims'
  /** One of its handles is listed as dead, or it is from before the issuer's present generation. */
  | 'revoked'
  /** Bound to a key (RFC 9449), and no proof came along. */
  | 'proof-required'
  /** The proof is not for this request, this token or this key, or too old. */
  | 'bad-proof'
  /** The same proof came before. */
  | 'proof-replayed'
  /** More proofs than are remembered came at once; none is taken that could not be recognised again. */
  | 'overloaded'
  /** A proof came along, and the token is not bound to a key. */
  | 'not-bound'
  | 'insufficient-scope'
  | 'insufficient-roles'
  /** What is known of revocations is older than `maxStalenessSeconds`, or nothing is known yet. */
  | 'stale'

export interface Verification extends Requirements {
  /** The access token as it came; `null` and `undefined` are a missing one. */
  readonly token: string | null | undefined
  /** The header `DPoP`, when the token came with the scheme `DPoP`. */
  readonly dpop?: string | null | undefined
  /** Method and URL of the request, which a proof must name. */
  readonly method?: string | undefined
  readonly url?: string | undefined
}

export type VerifyResult =
  | { readonly ok: true; readonly claims: AccessTokenClaims }
  | { readonly ok: false; readonly reason: Reason }

/** What goes wrong without anybody asking: for a log. */
export type ProblemCode =
  /** Discovery, keys, feed or stream did not answer as they should. */
  | 'unreachable'
  /** The feed knows no such audience: a mistake in the guard's settings or in the issuer's. */
  | 'unknown-audience'
  /** This machine's clock and the issuer's differ by more than a few seconds. */
  | 'clock-skew'
  /** A document of the feed is not signed by the issuer, not for this audience, or not of the right form. */
  | 'bad-document'
  /** A document is older than one that was seen, or says less than is known. */
  | 'rolled-back'
  /** A document goes on from somewhere else than where this guard stands. */
  | 'gap'
  /** More is dead than fits in the bounds of this guard. */
  | 'too-large'
  /** Nothing signed has come for `maxStalenessSeconds`: from here on every token is refused. */
  | 'stale'

export interface Problem {
  readonly code: ProblemCode
  readonly message: string
  readonly cause?: unknown
}

export interface GuardOptions {
  /** URL of Latchkey, exactly as in `iss`. `http:` is taken for this machine only. */
  readonly issuer: string
  /** The `aud` of this API. */
  readonly audience: string
  /** Default 30. The feed is signed anew every 10 seconds: below 15 a healthy feed is now and then too old. */
  readonly maxStalenessSeconds?: number
  /** How far clocks may differ. Default 5. */
  readonly clockToleranceSeconds?: number
  /** How often the feed is asked while nothing wakes the guard. Default 1. */
  readonly pollSeconds?: number
  /** After this long an answer is no longer waited for. Default 5. */
  readonly requestTimeoutSeconds?: number
  /** How many dead handles are kept. Default 500 000, about 60 MB; with more, the guard fails closed. */
  readonly maxDeadHandles?: number
  /** How many proofs are remembered. Default 100 000. */
  readonly maxProofs?: number
  /** `http:` for an issuer elsewhere: for networks that are trusted as this machine is. Default false. */
  readonly allowPlainHttp?: boolean
  /**
   * What a proof calls this API, such as `https://orders.example`: the middlewares put it before the path. Needed
   * where a proxy changes scheme or host. Default: what Koa or Express say the request came to.
   */
  readonly publicOrigin?: string
  /** Called at most once a minute for each code. Default: a warning of the process. */
  readonly onProblem?: (problem: Problem) => void
  readonly fetch?: typeof fetch
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

/** How well the guard knows what is dead: for health checks and metrics. */
export interface GuardStatus {
  readonly fresh: boolean
  /** Since the newest document was signed; `null` before the first. */
  readonly ageSeconds: number | null
  readonly deadHandles: number
  /** Is the wake-up stream open? Without it the guard polls. */
  readonly streaming: boolean
  /** The issuer's clock minus this one, as last seen; `null` before it was. */
  readonly clockSkewSeconds: number | null
}

/** The part of Koa's context that the middleware uses. */
export interface KoaContext {
  readonly method: string
  readonly protocol: string
  readonly host: string
  readonly originalUrl: string
  readonly req: IncomingRequest
  readonly state: { [name: string]: unknown }
  status: number
  body: unknown
  type: string
  set(name: string, value: string | string[]): void
}

/** The part of Node's request that the middlewares use. */
export interface IncomingRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: { readonly [name: string]: string | string[] | undefined }
}

/** Express's request, or Node's own. */
export interface ExpressRequest extends IncomingRequest {
  readonly originalUrl?: string
  readonly protocol?: string
  readonly socket?: object
  auth?: AccessTokenClaims
}

/** Express's response, or Node's own. */
export interface ExpressResponse {
  statusCode: number
  setHeader(name: string, value: number | string | readonly string[]): unknown
  end(body: string): unknown
}

export interface Guard {
  /** Never throws for what a stranger sent. Waits for the first document for as long as the first try takes. */
  verify(request: Verification): Promise<VerifyResult>
  /** Koa: sets `ctx.state.auth`, or answers 401, 403 or 503 itself. */
  koa(required?: Requirements): (ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>
  /** Express, Connect and plain Node: sets `req.auth`, or answers 401, 403 or 503 itself. */
  express(
    required?: Requirements,
  ): (req: ExpressRequest, res: ExpressResponse, next: (error?: unknown) => void) => Promise<void>
  /** Resolves when revocations are known; rejects when the guard is closed before. */
  ready(): Promise<void>
  status(): GuardStatus
  /** Stops following; every token is refused from here on. */
  close(): void
}

/** Verifies access tokens of one issuer for one API, and follows what that issuer revokes. */
export declare function createGuard(options: GuardOptions): Guard
