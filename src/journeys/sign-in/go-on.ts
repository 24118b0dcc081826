import type { Context } from 'koa'
import type { Read } from '../../domain/progress/index.ts'
import { goTo } from '../../http/show.ts'
import type { Interaction } from '../../oidc/index.ts'
import type { FirstPages } from './first-pages.ts'
import { originOf, pathOf, type SignInParts } from './parts.ts'
import type { Proved, SignInState } from './state.ts'

/** What comes after the last proof, whichever it was. Nothing else of this journey makes anybody signed in. */
export interface GoOn {
  /** Every proof is given: what is lacking is asked for, or the sign-in is finished. */
  prove(
    ctx: Context,
    interaction: Interaction,
    at: Read<SignInState> | null,
    proved: Omit<Proved, 'step'>,
  ): Promise<void>
  /** From a step that was reached before: the same form posted again goes the same way. */
  resume(ctx: Context, interaction: Interaction, state: Proved): Promise<void>
  /** Back to the first page: what was proved holds no more. */
  giveUp(ctx: Context, interaction: Interaction, password: boolean): Promise<void>
}

export function createGoOn(parts: SignInParts, pages: FirstPages): GoOn {
  const { interactions, progress, completeAccount } = parts

  async function finish(ctx: Context, interaction: Interaction, state: Proved): Promise<void> {
    const { accountId, generation, password, code, accountIsNew } = state
    const device = parts.deviceCookie.keep(ctx, parts.devices.newSecret)
    const signIn = await parts.finishSignIn(
      { accountId, generation, password, code, device, accountIsNew },
      originOf(parts, ctx, interaction, 'finish'),
    )
    // The account was disabled or its password reset meanwhile: as for a wrong password.
    if (!signIn) return giveUp(ctx, interaction, password)
    return goTo(ctx, await interactions.finish(ctx, interaction.uid, signIn))
  }

  async function resume(ctx: Context, interaction: Interaction, state: Proved): Promise<void> {
    switch (state.step) {
      case 'complete':
        return goTo(ctx, `${pathOf(interaction)}/complete`)
      case 'done':
        return finish(ctx, interaction, state)
    }
  }

  async function giveUp(ctx: Context, interaction: Interaction, password: boolean): Promise<void> {
    await progress.end(interaction.uid)
    if (password) return pages.showPassword(ctx, interaction, '', { kind: 'wrong' })
    return pages.showWithCode(ctx, interaction, '', { kind: 'wrong' })
  }

  return {
    async prove(ctx, interaction, at, proved) {
      const lacking = await completeAccount.findLacking(proved.accountId)
      if (!lacking) return giveUp(ctx, interaction, proved.password)
      const step = lacking.fields.length > 0 ? 'complete' : 'done'
      const state: Proved = { ...proved, step }
      const { uid, expiresAt } = interaction
      const won = at ? await progress.advance(uid, at, state) : await progress.begin(uid, state, expiresAt)
      if (won) return resume(ctx, interaction, state)
      // Another post of the same form was faster.
      const now = await progress.find(uid)
      if (now && now.state.step !== 'code') return resume(ctx, interaction, now.state)
      return goTo(ctx, `${pathOf(interaction)}/code`)
    },
    resume,
    giveUp,
  }
}
