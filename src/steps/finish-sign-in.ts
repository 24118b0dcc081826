import type { AccountStore } from '../domain/accounts/index.ts'
import type { Audit, Origin } from '../domain/audit/index.ts'
import type { Channel } from '../domain/delivery/index.ts'
import type { Devices } from '../domain/devices/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import type { Clock } from '../lib/clock.ts'
import { deviceOf } from '../lib/device.ts'
import type { CompletedSignIn } from '../oidc/index.ts'
import { assuranceOf } from './completed-steps.ts'
import type { Notices } from './notices.ts'

export interface CompletedSteps {
  readonly accountId: string
  readonly generation: number
  readonly password: boolean
  readonly code: Channel | null
  /** The secret of the browser's device cookie. */
  readonly device: string
  /** A device that is new to an account made just now is nothing to tell of. */
  readonly accountIsNew: boolean
}

export interface FinishSignInParts {
  readonly accountStore: AccountStore
  readonly revocationStore: RevocationStore
  readonly devices: Devices
  readonly notices: Notices
  readonly audit: Audit
  readonly clock: Clock
}

/** Null when the account may no longer sign in, or its generation was raised since the first step. */
export type FinishSignIn = (steps: CompletedSteps, origin: Origin) => Promise<CompletedSignIn | null>

/** The last transition: nothing but this makes a sign-in of completed steps. */
export function createFinishSignIn(parts: FinishSignInParts): FinishSignIn {
  const { accountStore, revocationStore, devices, notices, audit, clock } = parts
  async function rememberDevice(
    { accountId, generation, device, accountIsNew }: CompletedSteps,
    origin: Origin,
  ) {
    const known = await devices.isKnown(device, accountId)
    const seen = deviceOf(origin.userAgent)
    const label = seen && `${seen.browser} on ${seen.system}`
    await devices.remember({ secret: device, accountId, accountGeneration: generation, label })
    if (known || accountIsNew) return
    const account = await accountStore.find(accountId)
    if (account) notices.send('new-device', account, origin)
  }

  return async (steps, origin) => {
    const { accountId, generation } = steps
    const subject = { kind: 'account', id: accountId } as const
    const assurance = assuranceOf(steps)
    const at = clock.now()
    const entry = await audit.entry({
      ...origin,
      event: 'sign-in.completed',
      outcome: 'success',
      subject,
      factor: assurance.amr.join(' '),
      details: { acr: assurance.acr },
    })
    // Whoever reset a password by one contact has shown no other one by a code to that contact alone.
    const makesGood = steps.password
    if (await accountStore.recordSignIn(accountId, { at, generation, makesGood, audit: [entry] })) {
      // A right code makes a device known, and nothing else keeps it so: at the end of its time a code is asked again.
      if (steps.code !== null) await rememberDevice(steps, origin)
      return { accountId, generation, ...assurance, at }
    }
    const [now] = await revocationStore.findGenerations([{ kind: 'account', id: accountId }])
    const reason = (now?.signIn ?? 0) === generation ? 'not-active' : 'revoked-meanwhile'
    await audit.record({ ...origin, event: 'sign-in.refused', outcome: 'failure', reason, subject })
    return null
  }
}
