import type { Context } from 'koa'
import type { z } from 'zod'
import type { AccountFields } from '../../domain/accounts/index.ts'
import type { FieldFaultOf } from '../../domain/user-types/index.ts'
import { goTo } from '../../http/show.ts'
import { Malformed, NotFound } from '../../lib/errors.ts'
import type { ChangeProfile } from '../../steps/index.ts'
import type { profileForm } from './forms.ts'
import type { Gate, Here } from './gate.ts'
import { stoppedPage } from './pages/ends.ts'
import { profilePage } from './pages/profile.ts'

export interface ProfileParts {
  readonly changeProfile: ChangeProfile
  readonly accountFields: AccountFields
}

const PREFIX = 'field.'

export function profileHandlers(gate: Gate, { changeProfile, accountFields }: ProfileParts) {
  return {
    async ask(ctx: Context, here: Here) {
      if (changeProfile.fieldsOf(here.userType).length === 0) throw new NotFound()
      return showForm(ctx, here, null, [], 200)
    },

    async save(ctx: Context, here: Here, form: z.infer<typeof profileForm>) {
      const typed = fieldsIn(form)
      const result = await changeProfile.change(here, typed, gate.originOf(ctx, here, 'profile'))
      if (result.ok) return goTo(ctx, '/account?done=profile')
      switch (result.reason) {
        case 'faults':
          // Our page asks for no other field than those that the person may write.
          if (result.faults.some(({ fault }) => fault === 'unknown'))
            throw new Malformed('The form has inputs that it should not have.')
          return showForm(ctx, here, typed, result.faults, 422)
        case 'taken':
          return showForm(ctx, here, typed, 'not-confirmed', 422)
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
    typed: Readonly<Record<string, string>> | null,
    faults: readonly FieldFaultOf[] | 'not-confirmed',
    status: number,
  ): void {
    const fields = changeProfile.fieldsOf(userType)
    const others = userType.fields.length > fields.length || account.employeeId !== null
    const held = accountFields.open(account)
    gate.show(ctx, profilePage({ accountId: account.id, fields, held, typed, faults, others }), { status })
  }
}

/** `field.<name>` by name; anything else is no input of ours. */
function fieldsIn({ csrf: _csrf, account: _account, ...inputs }: z.infer<typeof profileForm>) {
  const named = Object.entries(inputs).map(([input, value]) => {
    if (!input.startsWith(PREFIX)) throw new Malformed('The form has inputs that it should not have.')
    return [input.slice(PREFIX.length), String(value)] as const
  })
  return Object.fromEntries(named)
}
