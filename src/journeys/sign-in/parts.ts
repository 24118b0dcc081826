import type { Context } from 'koa'
import type { Accounts } from '../../domain/accounts/index.ts'
import type { Audit, Origin } from '../../domain/audit/index.ts'
import type { Deliveries } from '../../domain/delivery/index.ts'
import type { Devices } from '../../domain/devices/index.ts'
import type { Limits } from '../../domain/limits/index.ts'
import type { Otp } from '../../domain/otp/index.ts'
import type { Progress } from '../../domain/progress/index.ts'
import type { UserTypeStore } from '../../domain/user-types/index.ts'
import type { AskerOf } from '../../http/asker.ts'
import type { Csrf } from '../../http/csrf.ts'
import type { DeviceCookie } from '../../http/device-cookie.ts'
import type { Show } from '../../http/show.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Interaction, Interactions } from '../../oidc/index.ts'
import type {
  CheckCode,
  CheckPassword,
  ClaimByCode,
  CodePolicyOf,
  CompleteAccount,
  FinishSignIn,
  OpenByCode,
  SendCode,
} from '../../steps/index.ts'
import type { SignInState } from './state.ts'

export interface SignInParts {
  readonly interactions: Interactions
  readonly progress: Progress<SignInState>
  readonly checkPassword: CheckPassword
  readonly claimByCode: ClaimByCode
  readonly sendCode: SendCode
  readonly checkCode: CheckCode
  readonly openByCode: OpenByCode
  readonly completeAccount: CompleteAccount
  readonly finishSignIn: FinishSignIn
  readonly codePolicyOf: CodePolicyOf
  readonly limits: Limits
  readonly devices: Devices
  readonly deviceCookie: DeviceCookie
  readonly accounts: Accounts
  readonly userTypes: UserTypeStore
  readonly otp: Otp
  readonly deliveries: Pick<Deliveries, 'troubleOf' | 'undeliverableSince'>
  readonly audit: Audit
  readonly clock: Clock
  readonly csrf: Csrf
  readonly show: Show
  readonly askerOf: AskerOf
  readonly languageOf: (ctx: Context) => string
}

/** Until the last step is done nobody is known. */
const STRANGER = { kind: 'stranger', id: null } as const

export function originOf(
  { askerOf }: SignInParts,
  ctx: Context,
  { clientId }: Interaction,
  step: string,
): Origin {
  return { ...askerOf(ctx), api: 'sign-in', step, clientId, actor: STRANGER }
}

export function uidOf(ctx: Context): string {
  return String(ctx['params'].uid)
}

export function pathOf({ uid }: Interaction): string {
  return `/interaction/${uid}`
}

/** What reaches an essential acr (OIDC Core §5.5.1.1); with a voluntary one, or none, everything does. */
export function mayReach({ acrIsEssential, acrValues }: Interaction, acr: string): boolean {
  return !acrIsEssential || acrValues.includes(acr)
}
