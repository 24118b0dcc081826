import type { Clock } from '../../lib/clock.ts'
import { hmac } from '../../lib/hash.ts'
import { networkOf } from '../../lib/ip.ts'
import type { AuditEntry } from '../audit/index.ts'
import type {
  Budget,
  CountedTry,
  LimitStore,
  PausePolicy,
  ReserveTryResult,
  Take,
  TakeResult,
  Toll,
} from './limit-store.ts'
import type { LimitsSettings } from './limits-settings.ts'

const FACTORS = ['password', 'code'] as const

/** What is tried for. An administrator who lifts pauses lifts those of all. */
const TRY_PURPOSES = [
  'sign-in',
  'code-only',
  'sign-up',
  'setup',
  'recovery',
  'contact-change',
  'step-up',
  'complete',
] as const

/** One try at a proof. Passwords and codes, sign-in and recovery have counters of their own. */
export interface Try {
  readonly factor: (typeof FACTORS)[number]
  readonly purpose: (typeof TRY_PURPOSES)[number]
  /** What the tries are counted for, in canonical form, known or not. */
  readonly who: string
  /**
   * A device that this account is known on: its tries are counted for themselves, so that no stranger's tries
   * pause its owner. Null for any other.
   */
  readonly knownDevice: string | null
  readonly ip: string | null
}

/** One message to be sent before anybody has proved a password: strangers can cause it. */
export interface Send {
  readonly destination: string
  /** Country calling code of a phone number, such as 91; null for email. */
  readonly callingCode: string | null
  readonly ip: string | null
}

/** Who asks for a code to a contact that is to be theirs, and what its owner gets instead where it is somebody's. */
export interface NewContact {
  /** Id of the account; null before there is one. */
  readonly accountId: string | null
  /** Name of the notice; null where the contact is nobody's. */
  readonly notice: string | null
}

/**
 * Whose budgets pay for a code to whoever somebody says to be. `known`: an account that may have it; `unknown`: a
 * contact of which an account is made; `nobody`: it is not sent.
 */
export type Claimed = 'known' | 'unknown' | 'nobody'

/** Whoever says who they are, before anything is proved. */
export interface Claim {
  readonly claimed: Claimed
  /** The secret of a device that the account is known on; null for any other. */
  readonly knownDevice: string | null
}

/** A sign-up whose code was right, before it is known whether its details are. */
export interface Confirmation {
  /** The contact that was proved just now. */
  readonly contact: string
  /** Of whom the person says to be; null where the type has no register. */
  readonly employeeId: string | null
}

/** Which of the counters a confirmation was counted in; the other one was used up. */
export type CountedConfirmation = Readonly<Record<'contact' | 'employeeId', boolean>>

export interface Limits {
  /**
   * Counts a try as failed *before* it is looked at: of many at once no more are looked at than are free.
   * Refused while a pause runs.
   */
  reserve(attempt: Try): Promise<ReserveTryResult>
  /** The try was right: its counters begin anew. */
  succeeded(attempt: Try): Promise<void>
  /** Nobody could look at the try: it counts for nothing. */
  unseen(attempt: Try): Promise<void>
  /** Until when such tries pause, or null. */
  pauseOf(attempt: Try): Promise<Date | null>
  /**
   * An administrator lifts the pauses: whatever was counted for these, by any factor, for any purpose, in any
   * device, begins anew. Records go into the same write.
   */
  forgive(whos: readonly string[], audit: readonly AuditEntry[]): Promise<void>
  /**
   * What a code costs to a contact that is to become somebody's. From what others share it takes the same whether the
   * contact is anybody's or not, and whether anything is sent: what is left there says nothing.
   */
  newContactPrice(send: Send, asked: NewContact): Toll
  /**
   * What a code costs to whoever somebody says to be, before anything is proved. The address pays for known and unknown
   * alike, whatever else is spent. At a known device the sends are counted for themselves, so that no stranger uses up
   * those of its owner.
   */
  claimPrice(send: Send, claim: Claim): Toll
  /** What a message costs that only the owner's password can cause: a reserve that nobody else can use. */
  ownersPrice(accountId: string): Toll
  /** A notice is sent to a destination once a day at most. */
  noticePrice(notice: string, destination: string): Toll
  /** What it costs to tell an owner what was changed: enough for every day but an endless loop. */
  changeNoticePrice(destination: string): Toll
  /** Counts one sign-up of an address. */
  takeSignUp(ip: string): Promise<TakeResult>
  /** Until when a contact has no sign-up left that may fail, or null. */
  confirmationPauseOf(contact: string): Promise<Date | null>
  /** Counts a sign-up as not confirmed *before* its details are looked at: of many at once no more are than are left. */
  reserveConfirmation(confirmation: Confirmation): Promise<CountedConfirmation>
  /** Takes it out again, where it counts for nothing. */
  releaseConfirmation(confirmation: Confirmation, counted: CountedConfirmation): Promise<void>
}

export interface LimitsParts {
  readonly store: LimitStore
  readonly settings: LimitsSettings
  /** Keys of counters are hashed with it: what strangers typed is nobody's business at rest. */
  readonly key: Uint8Array
  readonly clock: Clock
}

const TEN_MINUTES = 600
const HOUR = 3600
const DAY = 86_400

export function createLimits({ store, settings, key, clock }: LimitsParts): Limits {
  const { password, code, send, signUp } = settings
  const policies: Readonly<Record<Try['factor'], PausePolicy>> = {
    password: {
      kind: 'growing',
      free: password.freeWrongInARow,
      firstPauseSeconds: password.firstPauseSeconds,
      longestPauseSeconds: password.longestPauseSeconds,
      forgetSeconds: HOUR,
    },
    code: {
      kind: 'window',
      most: code.wrongPerHour,
      windowSeconds: HOUR,
      longestPauseSeconds: code.longestPauseSeconds,
    },
  }
  const keyOf = (...parts: string[]) => hmac(key, ...parts).toString('base64url')
  const named = (budget: Budget, take: Take): Take => ({ ...take, budget })
  const perHour = (limit: number, ...parts: string[]): Take => ({
    key: keyOf(...parts),
    limit,
    windowSeconds: HOUR,
  })
  const perDay = (limit: number, ...parts: string[]): Take => ({
    key: keyOf(...parts),
    limit,
    windowSeconds: DAY,
  })

  /** Those of a device stand under the key that all of a person's have, so that they can be lifted with them. */
  function countedFor({ factor, purpose, who, knownDevice }: Try): CountedTry {
    const key = keyOf('try', factor, purpose, who)
    const policy = policies[factor]
    return knownDevice === null ? { key, policy } : { key: `${key}.${keyOf('device', knownDevice)}`, policy }
  }

  /**
   * Passwords are counted per address too, over all identifiers; a code is bound to one person already. A known device
   * pays for its own mistakes alone: else somebody behind the same address could keep its owner out for an hour.
   */
  function takenFor({ factor, knownDevice, ip }: Try): Take[] {
    if (factor !== 'password' || knownDevice !== null || ip === null) return []
    return [perHour(password.perIpPerHour, 'wrong-password', networkOf(ip))]
  }

  const takesFor = ({ contact, employeeId }: Confirmation) => ({
    contact: perDay(signUp.notConfirmedPerContactPerDay, 'not-confirmed-contact', contact),
    employeeId:
      employeeId === null
        ? null
        : perDay(signUp.notConfirmedPerEmployeeIdPerDay, 'not-confirmed-employee', employeeId),
  })

  async function tryToTake(one: Take | null): Promise<boolean> {
    return one !== null && (await store.take([one], clock.now())).ok
  }

  const keysTakenFor = (attempt: Try) => takenFor(attempt).map((one) => one.key)

  const addressTakes = (ip: string | null): Take[] =>
    ip === null ? [] : [named('address', perHour(send.perIpPerHour, 'send-ip', networkOf(ip)))]

  const accountTakes = (accountId: string | null): Take[] =>
    accountId === null
      ? []
      : [named('account', perDay(send.afterPasswordPerDay, 'send-contact-change', accountId))]

  const noticeTakes = (notice: string, destination: string): Take[] => [
    named('notice', perDay(1, 'notice', notice, destination)),
  ]

  const destinationTakes = (...destination: string[]): Take[] => [
    named('destination', {
      key: keyOf('send-10m', ...destination),
      limit: send.perDestinationPer10Minutes,
      windowSeconds: TEN_MINUTES,
    }),
    named('destination', perDay(send.perDestinationPerDay, 'send-day', ...destination)),
  ]

  const totalTakes = (): Take[] => [named('total', perHour(send.totalPerHour, 'send-total'))]

  /**
   * Of each prefix those who are known have a budget that strangers' numbers cannot use up, and of what strangers'
   * numbers have in all one prefix never gets the last fifth: whoever pumps one leaves sign-up open in the others.
   */
  function unknownTakes(callingCode: string | null): Take[] {
    const { perCountryPerHour, unknownContactPerHour } = send
    const takes = [named('unknown-contacts', perHour(unknownContactPerHour, 'send-unknown')), ...totalTakes()]
    if (callingCode === null) return takes
    const share = unknownContactPerHour - Math.floor(unknownContactPerHour / 5)
    const limit = Math.min(perCountryPerHour, share)
    return [...takes, named('country-unknown', perHour(limit, 'send-country', callingCode))]
  }

  function knownTakes(callingCode: string | null): Take[] {
    if (callingCode === null) return totalTakes()
    const country = perHour(send.perCountryPerHour, 'send-country', callingCode, 'known')
    return [...totalTakes(), named('country-known', country)]
  }

  /** As many as of somebody, so that the work is the same; nobody else's, and nobody wants to know that one is spent. */
  const nobodysTakes = ({ destination, callingCode }: Send): Take[] =>
    [...destinationTakes(destination), ...knownTakes(callingCode)].map(({ budget: _, ...take }) => ({
      ...take,
      key: keyOf('nobody', take.key),
    }))

  const takesOf: Readonly<Record<Claimed, (one: Send) => Take[]>> = {
    known: ({ destination, callingCode }) => [...destinationTakes(destination), ...knownTakes(callingCode)],
    unknown: ({ destination, callingCode }) => [
      ...destinationTakes(destination),
      ...unknownTakes(callingCode),
    ],
    nobody: nobodysTakes,
  }

  return {
    reserve: (attempt) => store.reserveTry([countedFor(attempt)], takenFor(attempt), clock.now()),
    succeeded: (attempt) =>
      store.settleTry(
        { cleared: [countedFor(attempt).key], released: [], givenBack: keysTakenFor(attempt) },
        clock.now(),
      ),
    unseen: (attempt) =>
      store.settleTry(
        { cleared: [], released: [countedFor(attempt).key], givenBack: keysTakenFor(attempt) },
        clock.now(),
      ),
    pauseOf: (attempt) => store.findPause(countedFor(attempt).key, clock.now()),
    forgive: (whos, audit) => {
      const keys = FACTORS.flatMap((factor) =>
        TRY_PURPOSES.flatMap((purpose) => whos.map((who) => keyOf('try', factor, purpose, who))),
      )
      return store.forgive(keys, audit)
    },

    // The destination last: whatever strangers ask, it pays for what is really sent to it.
    newContactPrice: ({ destination, callingCode, ip }, { accountId, notice }) => [
      [...addressTakes(ip), ...accountTakes(accountId)],
      unknownTakes(callingCode),
      [...destinationTakes(destination), ...(notice === null ? [] : noticeTakes(notice, destination))],
    ],
    claimPrice: (one, { claimed, knownDevice }) =>
      claimed === 'known' && knownDevice !== null
        ? [[...destinationTakes(one.destination, knownDevice), ...knownTakes(one.callingCode)]]
        : [addressTakes(one.ip), takesOf[claimed](one)],
    ownersPrice: (accountId) => [
      [named('account', perDay(send.afterPasswordPerDay, 'send-owner', accountId))],
    ],
    noticePrice: (notice, destination) => [noticeTakes(notice, destination)],
    changeNoticePrice: (destination) => [
      [perDay(send.perDestinationPerDay, 'notice-of-change', destination)],
    ],

    takeSignUp: (ip) => store.take([perHour(signUp.perIpPerHour, 'sign-up', networkOf(ip))], clock.now()),
    confirmationPauseOf: (contact) =>
      store.findRetry(takesFor({ contact, employeeId: null }).contact, clock.now()),
    async reserveConfirmation(confirmation) {
      const takes = takesFor(confirmation)
      const [contact, employeeId] = await Promise.all([tryToTake(takes.contact), tryToTake(takes.employeeId)])
      return { contact, employeeId }
    },
    async releaseConfirmation(confirmation, counted) {
      const takes = takesFor(confirmation)
      const givenBack = [counted.contact ? takes.contact : null, counted.employeeId ? takes.employeeId : null]
      const keys = givenBack.flatMap((one) => (one === null ? [] : [one.key]))
      await store.settleTry({ cleared: [], released: [], givenBack: keys }, clock.now())
    },
  }
}
