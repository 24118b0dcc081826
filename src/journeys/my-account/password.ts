import type { Context } from 'koa'
import type { z } from 'zod'
import { minimumLength } from '../../domain/passwords/index.ts'
import type { DeviceCookie } from '../../http/device-cookie.ts'
import { goTo } from '../../http/show.ts'
import { type Clock, secondsUntil } from '../../lib/clock.ts'
import type { ChangePassword, ChangePasswordProblem } from '../../steps/index.ts'
import type { passwordForm } from './forms.ts'
import type { Gate, Here } from './gate.ts'
import { stoppedPage } from './pages/ends.ts'
import { changePasswordPage } from './pages/password.ts'

export interface PasswordParts {
  readonly changePassword: ChangePassword
  readonly deviceCookie: DeviceCookie
  readonly clock: Clock
}

export function passwordHandlers(gate: Gate, { changePassword, deviceCookie, clock }: PasswordParts) {
  return {
    async ask(ctx: Context, here: Here) {
      return showForm(ctx, here, [], null, 200)
    },

    async change(ctx: Context, here: Here, form: z.infer<typeof passwordForm>) {
      const origin = gate.originOf(ctx, here, 'password')
      const result = await changePassword(here, form, deviceCookie.find(ctx), origin)
      if (result.ok) return goTo(ctx, '/account?done=password')
      switch (result.reason) {
        case 'problems':
          return showForm(ctx, here, result.problems, null, 422)
        case 'paused':
          ctx.set('Retry-After', String(Math.max(1, secondsUntil(result.until, clock.now()))))
          return showForm(ctx, here, [], result.until, 429)
        case 'ended': {
          const page = stoppedPage({ reason: 'ended', againUrl: '/account/password' })
          return gate.show(ctx, page, { status: 409 })
        }
      }
    },
  }

  function showForm(
    ctx: Context,
    { account, userType }: Here,
    problems: readonly ChangePasswordProblem[],
    pausedUntil: Date | null,
    status: number,
  ): void {
    const page = changePasswordPage({
      accountId: account.id,
      identifier: account.userId ?? account.employeeId ?? account.email?.value ?? account.phone?.value ?? '',
      hasPassword: account.passwordHash !== null,
      minimumLength: minimumLength(userType.otp),
      problems,
      pausedUntil,
      now: clock.now(),
    })
    gate.show(ctx, page, { status })
  }
}
