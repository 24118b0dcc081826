import type { Context } from 'koa'
import type { z } from 'zod'
import type { Audit } from '../../domain/audit/index.ts'
import type { Devices } from '../../domain/devices/index.ts'
import { goTo } from '../../http/show.ts'
import type { Sessions, SignOut } from '../../oidc/index.ts'
import type { oneOfListForm } from './forms.ts'
import type { Gate, Here } from './gate.ts'

export interface ListsParts {
  readonly sessions: Sessions
  readonly signOut: SignOut
  readonly devices: Devices
  readonly audit: Audit
}

type OneOfList = z.infer<typeof oneOfListForm>

/** Ends one of what the account has several of. One that is not there any more is ended all the same. */
export function listHandlers(gate: Gate, { sessions, signOut, devices, audit }: ListsParts) {
  return {
    async endSession(ctx: Context, here: Here, { id }: OneOfList) {
      const origin = gate.originOf(ctx, here, 'end-session')
      if (id === here.sessionId) {
        await signOut.end(ctx, origin)
        return goTo(ctx, '/session/end/success')
      }
      await sessions.end(here.accountId, id, 'ended_by_person', origin)
      return goTo(ctx, '/account?done=session')
    },

    async disconnect(ctx: Context, here: Here, { id }: OneOfList) {
      await sessions.disconnect(here.accountId, id, 'disconnected', gate.originOf(ctx, here, 'disconnect'))
      return goTo(ctx, '/account?done=application')
    },

    async forgetDevice(ctx: Context, here: Here, { id }: OneOfList) {
      const subject = { kind: 'account', id: here.accountId } as const
      const origin = gate.originOf(ctx, here, 'forget-device')
      const entry = await audit.entry({ ...origin, event: 'device.forgotten', outcome: 'success', subject })
      await devices.forget(here.accountId, id, [entry])
      return goTo(ctx, '/account?done=device')
    },
  }
}
