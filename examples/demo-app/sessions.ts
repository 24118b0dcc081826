import type { UserInfoResponse } from 'openid-client'
import type { OrdersAnswer } from './orders.ts'
import type { Problem } from './problems.ts'

/** What must come back from the provider for one sign-in that was begun here. */
export interface Attempt {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

export interface Tokens {
  readonly accessToken: string
  readonly idToken: string
  readonly refreshToken: string | null
  readonly subject: string
}

/** How the last button that was pressed ended; stands on the page until the next one is. */
export type Outcome =
  | { readonly kind: 'userinfo'; readonly claims: UserInfoResponse }
  | { readonly kind: 'userinfo-refused' | 'refresh-refused'; readonly problem: Problem }
  | { readonly kind: 'orders'; readonly answer: OrdersAnswer }
  | { readonly kind: 'refreshed' | 'signed-out' }

/** One browser, known by a signed cookie that holds the id alone. */
export interface Session {
  readonly id: string
  readonly csrf: string
  readonly expiresAt: Date
  attempts: readonly Attempt[]
  tokens: Tokens | null
  /** Of whoever signed out last, to show that it is worth nothing now. A real application forgets it. */
  formerAccessToken: string | null
  outcome: Outcome | null
}

export interface Sessions {
  find(id: string): Session | null
  begin(): Session
  end(session: Session): void
}

export interface SessionsOptions {
  /** How many are kept at most; the oldest makes room. */
  readonly limit: number
  readonly lifetimeSeconds: number
  readonly now: () => Date
  readonly newSecret: () => string
}

/** Sessions in the memory of this process: gone when it ends, never more than `limit`. */
export function createSessions({ limit, lifetimeSeconds, now, newSecret }: SessionsOptions): Sessions {
  // A Map hands out its keys in the order in which they came: the first is the oldest.
  const sessions = new Map<string, Session>()
  return {
    find(id) {
      const session = sessions.get(id)
      return session !== undefined && session.expiresAt > now() ? session : null
    },
    begin() {
      const [oldest] = sessions.keys()
      if (oldest !== undefined && sessions.size >= limit) sessions.delete(oldest)
      const session: Session = {
        id: newSecret(),
        csrf: newSecret(),
        expiresAt: new Date(now().getTime() + lifetimeSeconds * 1000),
        attempts: [],
        tokens: null,
        formerAccessToken: null,
        outcome: null,
      }
      sessions.set(session.id, session)
      return session
    },
    end(session) {
      sessions.delete(session.id)
    },
  }
}
