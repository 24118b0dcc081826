import Router from '@koa/router'
import type { Context } from 'koa'
import type { Audit } from '../../domain/audit/index.ts'
import type { AskerOf } from '../../http/asker.ts'
import type { Csrf } from '../../http/csrf.ts'
import { readFormAs } from '../../http/form.ts'
import { goTo, type Show } from '../../http/show.ts'
import type { Interaction, Interactions } from '../../oidc/index.ts'
import { consentForm } from './forms.ts'
import { consentPage } from './pages.ts'

export interface ConsentParts {
  readonly interactions: Interactions
  readonly audit: Audit
  readonly csrf: Csrf
  readonly show: Show
  readonly askerOf: AskerOf
}

/** May this application have what it asks for? Agreed → application with a code; refused → with `access_denied`. */
export function consentRoutes(parts: ConsentParts): Router {
  const { interactions, audit, csrf, show, askerOf } = parts
  return new Router({ prefix: '/interaction/:uid/consent' }).get('/', askForConsent).post('/', decide)

  async function askForConsent(ctx: Context) {
    const { uid, formAction, ...interaction } = await interactions.find(ctx, uidOf(ctx))
    const asked = await interactions.findAskedConsent(ctx, uid)
    if (!asked) return goTo(ctx, `/interaction/${uid}`)
    const page = consentPage({
      action: `/interaction/${uid}/consent`,
      ...interaction,
      asked,
      accountUrl: null,
    })
    return show(ctx, page, { formAction })
  }

  async function decide(ctx: Context) {
    const form = await readFormAs(ctx, consentForm)
    const interaction = await interactions.find(ctx, uidOf(ctx))
    csrf.check(ctx, form.csrf)
    const { uid, prompt } = interaction
    // Nobody agrees before they have signed in and seen what to.
    if (prompt !== 'consent') return goTo(ctx, `/interaction/${uid}`)
    if (form.decision === 'allow') return goTo(ctx, await interactions.agree(ctx, uid))
    await recordRefusal(ctx, interaction)
    return goTo(ctx, await interactions.refuse(ctx, uid))
  }

  /** What is allowed makes its record where the grant is given. */
  async function recordRefusal(ctx: Context, { accountId, clientId }: Interaction): Promise<void> {
    const person = { kind: 'account', id: accountId } as const
    await audit.record({
      ...askerOf(ctx),
      api: 'consent',
      step: 'decide',
      event: 'grant.refused',
      outcome: 'failure',
      reason: 'denied',
      actor: person,
      subject: person,
      clientId,
    })
  }
}

function uidOf(ctx: Context): string {
  return String(ctx['params'].uid)
}
