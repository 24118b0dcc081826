import type { Context } from 'koa'
import type { Origin } from '../../domain/audit/index.ts'
import type { AskerOf } from '../../http/asker.ts'
import type { Place } from './place.ts'

/** Who asks, for the records of a sign-up: nobody who is known. */
export type OriginOf = (ctx: Context, place: Place, step: string) => Origin

export function createOriginOf(askerOf: AskerOf): OriginOf {
  return (ctx, { clientId }, step) => ({
    ...askerOf(ctx),
    api: 'sign-up',
    step,
    clientId,
    actor: { kind: 'stranger', id: null },
  })
}
