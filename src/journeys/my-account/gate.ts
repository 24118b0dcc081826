import type { Context } from 'koa'
import type { z } from 'zod'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { AskerOf } from '../../http/asker.ts'
import type { Csrf } from '../../http/csrf.ts'
import { readForm } from '../../http/form.ts'
import type { Page } from '../../http/page.ts'
import { goTo, type Show, type ShowOptions } from '../../http/show.ts'
import { type Clock, toEpochSeconds } from '../../lib/clock.ts'
import { Malformed } from '../../lib/errors.ts'
import type { AccountSignIn, Sessions, SignedIn } from '../../oidc/index.ts'
import type { ActingPerson } from '../../steps/index.ts'
import { stoppedPage } from './pages/ends.ts'
import { HOME, type Target } from './targets.ts'

/** The person at the page, in the session in which they act. */
export interface Here extends SignedIn, ActingPerson {
  /** Was the sign-in a moment ago? */
  readonly isFresh: boolean
}

/** What a page asks for: any sign-in, or one of a moment ago. */
export type Need = 'signed-in' | 'fresh'

export interface Gate {
  /** A page, for whoever is signed in; anybody else signs in and comes back to it. */
  visit(targetOf: TargetOf, need: Need, act: (ctx: Context, here: Here) => Promise<void>): Handler
  /** A form of such a page. */
  post<S extends z.ZodType<{ csrf: string; account: string }>>(
    schema: S,
    targetOf: TargetOf,
    need: Need,
    act: (ctx: Context, here: Here, form: z.infer<S>) => Promise<void>,
  ): Handler
  show(ctx: Context, page: Page, options?: ShowOptions): void
  originOf(ctx: Context, here: Here | null, step: string): Origin
}

type Handler = (ctx: Context) => Promise<void>
/** Where a sign-in leads back to. */
export type TargetOf = (ctx: Context) => Target

export interface GateParts {
  readonly sessions: Sessions
  readonly accountSignInUrl: (signIn: AccountSignIn) => string
  readonly csrf: Csrf
  readonly show: Show
  readonly askerOf: AskerOf
  readonly audit: Audit
  readonly clock: Clock
}

/** interface.md: a sensitive change asks for a sign-in of the last 5 minutes. */
const FRESH_SECONDS = 300

/** Who may open the pages of an account, and whose account their forms change. */
export function createGate(parts: GateParts): Gate {
  const { sessions, accountSignInUrl, csrf, askerOf, audit, clock } = parts

  function signIn(ctx: Context, returnTo: Target, maxAgeSeconds: number | null): null {
    goTo(ctx, accountSignInUrl({ returnTo, maxAgeSeconds }))
    return null
  }

  async function whoIsHere(ctx: Context): Promise<Here | null> {
    const signedIn = await sessions.current(ctx)
    if (!signedIn) return null
    // In whole seconds, as the OIDC library counts max_age: else each would send the person to the other.
    const age = toEpochSeconds(clock.now()) - toEpochSeconds(signedIn.signedInAt)
    return { ...signedIn, accountId: signedIn.account.id, isFresh: age <= FRESH_SECONDS }
  }

  function admit(ctx: Context, here: Here | null, target: Target, need: Need): Here | null {
    if (!here) return signIn(ctx, target, null)
    return need === 'fresh' && !here.isFresh ? signIn(ctx, target, FRESH_SECONDS) : here
  }

  function originOf(ctx: Context, here: Here | null, step: string): Origin {
    const actor = here ? ({ kind: 'account', id: here.accountId } as const) : STRANGER
    return { ...askerOf(ctx), api: 'account', step, clientId: null, actor }
  }

  const show: Gate['show'] = (ctx, page, options = {}) => parts.show(ctx, page, { ...options, homeUrl: HOME })

  /** Somebody else signed in in this browser since the page was opened: their account is not what it showed. */
  async function refuseOther(ctx: Context, here: Here): Promise<void> {
    const subject = { kind: 'account', id: here.accountId } as const
    const refusal = {
      event: 'request.refused',
      outcome: 'failure',
      reason: 'other_account',
      subject,
    } as const
    await audit.record({ ...originOf(ctx, here, 'form'), ...refusal })
    show(ctx, stoppedPage({ reason: 'other-account', againUrl: HOME }), { status: 409 })
  }

  return {
    visit: (targetOf, need, act) => async (ctx) => {
      const here = admit(ctx, await whoIsHere(ctx), targetOf(ctx), need)
      if (here) await act(ctx, here)
    },

    post: (schema, targetOf, need, act) => async (ctx) => {
      const parsed = schema.safeParse({ ...(await readForm(ctx)) })
      if (!parsed.success)
        throw new Malformed('The form has inputs that it should not have.', { cause: parsed.error })
      const { csrf: token, account } = parsed.data
      csrf.check(ctx, token)
      const person = await whoIsHere(ctx)
      if (person && account !== '' && account !== person.accountId) return refuseOther(ctx, person)
      const here = admit(ctx, person, targetOf(ctx), need)
      if (here) await act(ctx, here, parsed.data)
    },

    show,
    originOf,
  }
}

const STRANGER = { kind: 'stranger', id: null } as const
