import type { Context } from 'koa'
import { goTo } from '../../http/show.ts'
import { type Clock, toEpochSeconds } from '../../lib/clock.ts'
import type { OwnData } from '../../steps/index.ts'
import type { Gate, Here } from './gate.ts'
import { downloadPage } from './pages/download.ts'

export interface DataParts {
  readonly ownData: OwnData
  readonly clock: Clock
}

/** Download my data: sensitive values are in clear after a sign-in of a moment ago, masked otherwise. */
export function dataHandlers(gate: Gate, { ownData, clock }: DataParts) {
  return {
    async ask(ctx: Context, here: Here) {
      const hasSensitive = here.userType.fields.some(({ sensitive }) => sensitive)
      return gate.show(ctx, downloadPage({ isMasked: hasSensitive && !here.isFresh }))
    },

    /** Reached with a fresh sign-in alone, which is all that it is for. */
    async askInClear(ctx: Context) {
      return goTo(ctx, '/account/download')
    },

    async send(ctx: Context, here: Here) {
      const data = await ownData(here, here.isFresh, gate.originOf(ctx, here, 'export'))
      ctx.set('Cache-Control', 'no-store')
      ctx.attachment(`account-${toEpochSeconds(clock.now())}.json`)
      ctx.type = 'application/json'
      ctx.body = `${JSON.stringify(data, null, 2)}\n`
    },
  }
}
