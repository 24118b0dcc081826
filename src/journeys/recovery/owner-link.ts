import Router from '@koa/router'
import type { Context } from 'koa'
import type { OwnerLinks } from '../../domain/accounts/index.ts'
import type { Progress } from '../../domain/progress/index.ts'
import type { Csrf } from '../../http/csrf.ts'
import { readFormAs } from '../../http/form.ts'
import type { PlaceOf } from '../../http/place.ts'
import { goTo, type Show } from '../../http/show.ts'
import { NotFound } from '../../lib/errors.ts'
import { ownerLinkForm } from './forms.ts'
import { ownerLinkPage } from './pages.ts'
import type { RecoveryState } from './state.ts'

export interface OwnerLinkParts {
  readonly ownerLinks: OwnerLinks
  /** Where the recovery goes on: the one that stands alone. */
  readonly placeOf: PlaceOf
  readonly progress: Progress<RecoveryState>
  readonly csrf: Csrf
  readonly show: Show
}

/** The operator's one-time link → new password. Opening it uses nothing up; only the password that is set does. */
export function ownerLinkRoutes({ ownerLinks, placeOf, progress, csrf, show }: OwnerLinkParts): Router {
  return new Router({ prefix: '/owner-recovery' }).get('/', showLink).post('/', useLink)

  async function showLink(ctx: Context) {
    const token = String(ctx.query['token'] ?? '')
    await findOwner(token)
    return show(ctx, ownerLinkPage({ action: '/owner-recovery', token }))
  }

  async function useLink(ctx: Context) {
    const form = await readFormAs(ctx, ownerLinkForm)
    csrf.check(ctx, form.csrf)
    const owner = await findOwner(form.token)
    const place = await placeOf(ctx)
    const { key, expiresAt } = place.begin(ctx)
    await progress.begin(
      key,
      {
        step: 'password',
        typed: owner.email?.value ?? owner.phone?.value ?? '',
        grounds: { kind: 'owner-link', secret: form.token },
      },
      expiresAt,
    )
    return goTo(ctx, `${place.path}/new-password`)
  }

  async function findOwner(token: string) {
    const owner = await ownerLinks.find(token)
    if (!owner) throw new NotFound('This link no longer works.')
    return owner
  }
}
