import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A client that holds a key (RFC 9449), and can also go wrong with it. */
export interface DpopClient {
  readonly jkt: string
  readonly jwk: JWK
  /** The private half too: no proof may carry it. */
  readonly privateJwk: JWK
  prove(
    request: ProvenRequest,
    claims?: Record<string, unknown>,
    header?: Record<string, unknown>,
  ): Promise<string>
}

export interface ProvenRequest {
  readonly method: string
  readonly url: string
  readonly token: string
  readonly at: number
}

export async function createDpopClient(alg = 'ES256'): Promise<DpopClient> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return {
    jkt: await calculateJwkThumbprint(jwk, 'sha256'),
    jwk,
    privateJwk: await exportJWK(privateKey),
    prove: ({ method, url, token, at }, claims = {}, header = {}) =>
      new SignJWT({
        htm: method,
        htu: url,
        iat: Math.floor(at / 1000),
        jti: randomUUID(),
        ath: createHash('sha256').update(token).digest('base64url'),
        ...claims,
      })
        .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk, ...header })
        .sign(privateKey),
  }
}
