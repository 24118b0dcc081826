import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createRemoteJWKSet, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose'
import { eventually } from './eventually.ts'

/** What a client answers to a logout token; it never answers where it hangs. */
export type LogoutAnswer = number | 'hang'

/** The back-channel logout endpoints of several clients, on the loopback interface. */
export interface LogoutReceiver {
  urlOf(clientId: string): string
  /** What this client answers from now on; 200 until then. */
  answer(clientId: string, answer: LogoutAnswer): void
  /** The tokens that were posted to it so far. */
  tokensTo(clientId: string): readonly string[]
  /** Those with one of these `sid`s, once there are `count`. */
  tokensAbout(clientId: string, sid: string, count?: number): Promise<readonly string[]>
  stop(): Promise<void>
}

export async function startLogoutReceiver(): Promise<LogoutReceiver> {
  const answers = new Map<string, LogoutAnswer>()
  const tokens = new Map<string, string[]>()
  const hanging = new Set<ServerResponse>()

  const server = createServer(async (request, response) => {
    const clientId = request.url?.slice(1) ?? ''
    const form = new URLSearchParams(await text(request))
    tokens.set(clientId, [...(tokens.get(clientId) ?? []), form.get('logout_token') ?? ''])
    const answer = answers.get(clientId) ?? 200
    if (answer === 'hang') hanging.add(response)
    else response.writeHead(answer).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const tokensTo = (clientId: string) => tokens.get(clientId) ?? []
  const about = (clientId: string, sid: string) => tokensTo(clientId).filter((token) => sidOf(token) === sid)

  return {
    urlOf: (clientId) => `http://127.0.0.1:${port}/${clientId}`,
    answer: (clientId, answer) => void answers.set(clientId, answer),
    tokensTo,
    async tokensAbout(clientId, sid, count = 1) {
      await eventually(
        `${clientId} is told ${count} times of ${sid}`,
        () => about(clientId, sid).length >= count,
      )
      return about(clientId, sid)
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function sidOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')).sid
}

/** As a client must: by the published keys (OpenID Connect Back-Channel Logout 1.0 §2.6). */
export function verifyLogoutToken(
  token: string,
  issuer: string,
  clientId: string,
): Promise<JWTVerifyResult<JWTPayload>> {
  return jwtVerify(token, createRemoteJWKSet(new URL(`${issuer}/jwks`)), {
    issuer,
    audience: clientId,
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'events'],
  })
}
