import type { Context } from 'koa'
import type { z } from 'zod'
import type { AccountFields } from '../../domain/accounts/index.ts'
import { goTo } from '../../http/show.ts'
import { type TypeFieldProblem, typedFields } from '../../http/type-fields.ts'
import { type Clock, secondsUntil } from '../../lib/clock.ts'
import { Malformed, NotFound } from '../../lib/errors.ts'
import type { ChangeProfile } from '../../steps/index.ts'
import type { profileForm } from './forms.ts'
import type { Gate, Here } from './gate.ts'
import { stoppedPage } from './pages/ends.ts'
import { profilePage } from './pages/profile.ts'

export interface ProfileParts {
  readonly changeProfile: ChangeProfile
  readonly accountFields: AccountFields
  readonly clock: Clock
}

export function profileHandlers(gate: Gate, { changeProfile, accountFields, clock }: ProfileParts) {
  return {
    async ask(ctx: Context, here: Here) {
      if (changeProfile.fieldsOf(here.userType).length === 0) throw new NotFound()
      return showForm(ctx, here, {})
    },

    async save(ctx: Context, here: Here, form: z.infer<typeof profileForm>) {
      const { csrf: _csrf, account: _account, ...inputs } = form
      const typed = typedFields(inputs)
      if (!typed) throw new Malformed('The form has inputs that it should not have.')
      const result = await changeProfile.change(here, typed, gate.originOf(ctx, here, 'profile'))
      if (result.ok) return goTo(ctx, '/account?done=profile')
      switch (result.reason) {
        case 'faults': {
          // Our page asks for no other field than those that the person may write.
          if (result.faults.some(({ fault }) => fault === 'unknown'))
            throw new Malformed('The form has inputs that it should not have.')
          const problems = result.faults.map(({ name, fault }) => ofField(name, fault))
          return showForm(ctx, here, { typed, problems })
        }
        case 'taken':
          return showForm(ctx, here, {
            typed,
            problems: result.fields.map((name) => ofField(name, 'unusable')),
          })
        case 'paused':
          return showForm(ctx, here, { typed, pausedUntil: result.until })
        case 'ended': {
          const page = stoppedPage({ reason: 'ended', againUrl: '/account/profile' })
          return gate.show(ctx, page, { status: 409 })
        }
      }
    },
  }

  function showForm(
    ctx: Context,
    { account, userType }: Here,
    { typed = null, problems = [], pausedUntil = null }: Shown,
  ): void {
    const now = clock.now()
    const fields = changeProfile.fieldsOf(userType)
    const page = profilePage({
      accountId: account.id,
      fields,
      held: accountFields.open(account),
      typed,
      problems,
      pausedUntil,
      others: userType.fields.length > fields.length || account.employeeId !== null,
      now,
    })
    if (pausedUntil) ctx.set('Retry-After', String(Math.max(1, secondsUntil(pausedUntil, now))))
    gate.show(ctx, page, { status: pausedUntil ? 429 : problems.length > 0 ? 422 : 200 })
  }
}

interface Shown {
  /** Null: the page is opened. */
  readonly typed?: Readonly<Record<string, string>> | null
  readonly problems?: readonly TypeFieldProblem[]
  readonly pausedUntil?: Date | null
}

function ofField(name: string, problem: TypeFieldProblem['problem']): TypeFieldProblem {
  return { field: 'own', name, problem }
}
