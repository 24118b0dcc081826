import type { Context } from 'koa'
import type { z } from 'zod'
import type { DeviceCookie } from '../../http/device-cookie.ts'
import { goTo } from '../../http/show.ts'
import { type Clock, secondsUntil } from '../../lib/clock.ts'
import type { SignOut } from '../../oidc/index.ts'
import type { Leave } from '../../steps/index.ts'
import type { deactivateForm, signOutForm } from './forms.ts'
import type { Gate, Here } from './gate.ts'
import { deactivatedPage, signedOutEverywherePage, stoppedPage } from './pages/ends.ts'
import { deactivatePage, everywherePage, type PasswordFailure } from './pages/leaving.ts'
import { HOME } from './targets.ts'

export interface LeavingParts {
  readonly leave: Leave
  readonly signOut: SignOut
  readonly deviceCookie: DeviceCookie
  readonly clock: Clock
}

/** Sign out here, sign out everywhere, deactivate. */
export function leavingHandlers(gate: Gate, { leave, signOut, deviceCookie, clock }: LeavingParts) {
  return {
    async signOut(ctx: Context, here: Here, form: z.infer<typeof signOutForm>) {
      if (form.decision !== 'sign-out') return goTo(ctx, HOME)
      await signOut.end(ctx, gate.originOf(ctx, here, 'sign-out'))
      return goTo(ctx, '/session/end/success')
    },

    async askEverywhere(ctx: Context, here: Here) {
      return gate.show(ctx, everywherePage({ accountId: here.accountId }))
    },

    async signOutEverywhere(ctx: Context, here: Here) {
      const done = await leave.signOutEverywhere(here, gate.originOf(ctx, here, 'sign-out-everywhere'))
      if (!done) return goTo(ctx, HOME)
      await signOut.forget(ctx)
      return goTo(ctx, '/account/signed-out-everywhere')
    },

    async showSignedOutEverywhere(ctx: Context) {
      return gate.show(ctx, signedOutEverywherePage())
    },

    async askToDeactivate(ctx: Context, here: Here) {
      return showDeactivate(ctx, here, null)
    },

    async deactivate(ctx: Context, here: Here, form: z.infer<typeof deactivateForm>) {
      const device = deviceCookie.find(ctx)
      const origin = gate.originOf(ctx, here, 'deactivate')
      const result = await leave.deactivate(here, form.currentPassword, device, origin)
      if (result.ok) {
        await signOut.forget(ctx)
        return goTo(ctx, '/account/deactivated')
      }
      switch (result.reason) {
        case 'ended':
          return gate.show(ctx, stoppedPage({ reason: 'ended', againUrl: HOME }), { status: 409 })
        case 'paused':
          ctx.set('Retry-After', String(Math.max(1, secondsUntil(result.until, clock.now()))))
          return showDeactivate(ctx, here, { kind: 'paused', until: result.until }, 429)
        case 'missing':
        case 'wrong':
          return showDeactivate(ctx, here, { kind: result.reason }, 422)
      }
    },

    async showDeactivated(ctx: Context) {
      return gate.show(ctx, deactivatedPage())
    },
  }

  function showDeactivate(ctx: Context, here: Here, failure: PasswordFailure | null, status = 200) {
    const hasPassword = here.account.passwordHash !== null
    gate.show(ctx, deactivatePage({ accountId: here.accountId, hasPassword, failure, now: clock.now() }), {
      status,
    })
  }
}
