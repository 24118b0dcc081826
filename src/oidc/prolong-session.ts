import type { Context } from 'koa'
import type { UserType } from '../domain/user-types/index.ts'
import { addSeconds, type Clock, toEpochSeconds } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import { open, seal } from '../lib/seal.ts'
import type { Artifact, ArtifactStore } from './artifact-store.ts'

export interface ProlongSessionParts {
  readonly store: Pick<ArtifactStore, 'prolong'>
  readonly sealingKey: Uint8Array
  readonly clock: Clock
  readonly random: Random
  readonly secureCookies: boolean
}

/** The library's session cookie, as it came and as it goes out again. */
export interface SessionCookie {
  readonly name: string
  readonly value: string
}

/** Not at each page: one write a minute is enough to know that somebody is there. */
const LEAST_GAIN_SECONDS = 60

/**
 * The library counts a session as used at its own endpoints alone. Whoever is at our pages uses it too: it ends a full
 * idle time from now, and never later than its type lets it live from the sign-in on. What the library wrote
 * meanwhile stays; the next page tries again.
 */
export function createProlongSession(parts: ProlongSessionParts) {
  const { store, sealingKey, clock, random, secureCookies } = parts
  return async (ctx: Context, stored: Artifact, { lifetimes }: UserType, cookie: SessionCookie) => {
    const context = `artifact/${stored.model}/${stored.id}`
    const payload = JSON.parse(open(sealingKey, stored.payload, context).toString('utf8'))
    const now = clock.now()
    const lastSecond = Number(payload.loginTs) + lifetimes.sessionSeconds
    const exp = Math.min(toEpochSeconds(addSeconds(now, lifetimes.sessionIdleSeconds)), lastSecond)
    if (exp - toEpochSeconds(stored.expiresAt) < LEAST_GAIN_SECONDS) return
    const next = { ...payload, exp, seen: { ...payload.seen, at: now.toISOString() } }
    const sealed = seal(sealingKey, JSON.stringify(next), context, random)
    const expires = new Date(exp * 1000)
    if (!(await store.prolong(stored, sealed, expires, now))) return
    ctx.cookies.set(cookie.name, cookie.value, {
      signed: true,
      httpOnly: true,
      sameSite: 'lax',
      path: '/',
      secure: secureCookies,
      expires,
      overwrite: true,
    })
  }
}
