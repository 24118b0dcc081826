import type { Context } from 'koa'
import type { IdentifierKind, UserType } from '../../domain/user-types/index.ts'
import { secondsUntil } from '../../lib/clock.ts'
import type { Interaction } from '../../oidc/index.ts'
import { type PasswordFailure, passwordPage, withCodePage } from './pages.ts'
import { mayReach, pathOf, type SignInParts } from './parts.ts'

/** The two pages on which a sign-in begins, and on which it ends when it cannot go on. */
export interface FirstPages {
  showPassword(
    ctx: Context,
    interaction: Interaction,
    identifier: string,
    failure: PasswordFailure | null,
  ): Promise<void>
  showWithCode(
    ctx: Context,
    interaction: Interaction,
    identifier: string,
    failure: PasswordFailure | null,
  ): Promise<void>
  /** Is a code alone enough for what the application asks, and for some type? */
  mayUseCodeAlone(interaction: Interaction): Promise<boolean>
}

const CODE = 'urn:latchkey:acr:code'

export function createFirstPages({ userTypes, show }: SignInParts): FirstPages {
  const inForce = async () => (await userTypes.list()).map(({ type }) => type)

  function answer(ctx: Context, failure: PasswordFailure | null): number {
    if (failure?.kind !== 'paused') return failure === null ? 200 : 422
    ctx.set('Retry-After', String(secondsUntil(failure.until, failure.now)))
    return 429
  }

  return {
    async mayUseCodeAlone(interaction) {
      return mayReach(interaction, CODE) && (await inForce()).some(signsInByCode)
    },

    async showPassword(ctx, interaction, identifier, failure) {
      const types = await inForce()
      const path = pathOf(interaction)
      const page = passwordPage({
        action: path,
        clientName: interaction.clientName,
        identifier,
        identifierKinds: identifierKinds(types),
        failure,
        signUpUrl: `${path}/sign-up`,
        forgotUrl: `${path}/forgot-password`,
        passwordIsNew: failure === null && ctx.query['recovered'] !== undefined,
        withCodeUrl: mayReach(interaction, CODE) && types.some(signsInByCode) ? `${path}/with-code` : null,
      })
      show(ctx, page, { status: answer(ctx, failure), formAction: interaction.formAction })
    },

    async showWithCode(ctx, interaction, identifier, failure) {
      const types = await inForce()
      const allowing = types.filter(signsInByCode)
      const page = withCodePage({
        action: `${pathOf(interaction)}/with-code`,
        clientName: interaction.clientName,
        identifier,
        identifierKinds: identifierKinds(allowing),
        failure,
        passwordUrl: `${pathOf(interaction)}?sign-in`,
        notAll: allowing.length < types.length,
      })
      show(ctx, page, { status: answer(ctx, failure), formAction: interaction.formAction })
    },
  }
}

function signsInByCode({ passwordless }: UserType): boolean {
  return passwordless !== null
}

function identifierKinds(types: readonly UserType[]): IdentifierKind[] {
  return [...new Set(types.flatMap(({ identifiers }) => identifiers))]
}
