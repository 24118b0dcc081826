import type { Context } from 'koa'
import type { FieldFaultOf } from '../../domain/user-types/index.ts'
import { readForm } from '../../http/form.ts'
import { goTo } from '../../http/show.ts'
import { type TypeFieldProblem, typedFields } from '../../http/type-fields.ts'
import { secondsUntil } from '../../lib/clock.ts'
import { Malformed } from '../../lib/errors.ts'
import type { Interaction } from '../../oidc/index.ts'
import type { Lacking } from '../../steps/index.ts'
import type { GoOn } from './go-on.ts'
import { completePage } from './pages.ts'
import { originOf, pathOf, type SignInParts, uidOf } from './parts.ts'
import type { Proved } from './state.ts'

/** What the type requires by now and the account lacks: asked once, after the last proof and before the end. */
export function createCompleteSteps(parts: SignInParts, goOn: GoOn) {
  const { interactions, progress, completeAccount, csrf, show, clock } = parts
  return { askForDetails, takeDetails }

  async function askForDetails(ctx: Context) {
    const interaction = await interactions.find(ctx, uidOf(ctx))
    const state = (await progress.find(interaction.uid))?.state
    const lacking = state?.step === 'complete' ? await completeAccount.findLacking(state.accountId) : null
    if (state?.step !== 'complete' || !lacking) return goTo(ctx, pathOf(interaction))
    return showDetails(ctx, interaction, state, lacking, {})
  }

  async function takeDetails(ctx: Context) {
    const { csrf: token, account = '', ...form } = await readForm(ctx)
    const typed = typedFields(form)
    if (!typed) throw new Malformed('The form has inputs that it should not have.')
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, token)
    const at = await progress.find(interaction.uid)
    if (!at || at.state.step === 'code') return goTo(ctx, pathOf(interaction))
    const { state } = at
    // The same form posted twice: the first one finished, the second goes the same way.
    if (state.step === 'done') return goOn.resume(ctx, interaction, state)

    // Somebody else signs in in this browser by now: the page of theirs asks for what they lack.
    if (account !== '' && account !== state.accountId) return goTo(ctx, `${pathOf(interaction)}/complete`)
    const origin = originOf(parts, ctx, interaction, 'complete')
    const result = await completeAccount.complete(state, typed, origin)
    switch (result.kind) {
      case 'completed':
        return goOn.prove(ctx, interaction, at, state)
      case 'faults':
        return showDetails(ctx, interaction, state, result.lacking, {
          typed,
          problems: toProblems(result.faults),
        })
      case 'taken': {
        const problems = unusable(result.lacking)
        return showDetails(ctx, interaction, state, result.lacking, { typed, problems })
      }
      case 'paused':
        return showDetails(ctx, interaction, state, result.lacking, { typed, pausedUntil: result.until })
      case 'refused':
        return goOn.giveUp(ctx, interaction, state.password)
    }
  }

  function showDetails(
    ctx: Context,
    interaction: Interaction,
    { accountId, accountIsNew }: Proved,
    { userType, fields }: Lacking,
    { typed = {}, problems = [], pausedUntil = null }: Shown,
  ): void {
    const now = clock.now()
    const page = completePage({
      action: `${pathOf(interaction)}/complete`,
      accountId,
      clientName: interaction.clientName,
      typeName: userType.name,
      isNew: accountIsNew,
      fields,
      typed,
      problems,
      pausedUntil,
      now,
      startAgainUrl: `${pathOf(interaction)}?sign-in`,
    })
    if (pausedUntil) ctx.set('Retry-After', String(secondsUntil(pausedUntil, now)))
    const status = pausedUntil ? 429 : problems.length > 0 ? 422 : 200
    show(ctx, page, { status, formAction: interaction.formAction })
  }
}

interface Shown {
  readonly typed?: Readonly<Record<string, string>>
  readonly problems?: readonly TypeFieldProblem[]
  readonly pausedUntil?: Date | null
}

function toProblems(faults: readonly FieldFaultOf[]): TypeFieldProblem[] {
  return faults.map(({ name, fault }) => ({ field: 'own', name, problem: fault }))
}

/** Somebody else has one of the values that one alone may have; which of them is not said. */
function unusable({ fields }: Lacking): TypeFieldProblem[] {
  return fields.flatMap(({ name, unique }) => (unique ? [{ field: 'own', name, problem: 'unusable' }] : []))
}
