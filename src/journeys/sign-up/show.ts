import type { Context } from 'koa'
import type { Challenge } from '../../domain/otp/index.ts'
import { minimumLength } from '../../domain/passwords/index.ts'
import type { StoredUserType, UserType, UserTypeStore } from '../../domain/user-types/index.ts'
import type { AccountForm, FieldProblem } from '../../http/account-form.ts'
import { answerCode } from '../../http/code-answer.ts'
import { type CodeFailure, type CodePage, codePage } from '../../http/code-page.ts'
import type { Page } from '../../http/page.ts'
import type { Show } from '../../http/show.ts'
import { type Clock, secondsUntil } from '../../lib/clock.ts'
import { waysToVerify } from '../../steps/index.ts'
import type { SignUpForm } from './forms.ts'
import {
  awaitingApprovalPage,
  chooseTypePage,
  finishPage,
  notConfirmedPage,
  signedUpPage,
  signUpPage,
  stepOf,
} from './pages.ts'
import type { Place } from './place.ts'
import type { SignUpState } from './state.ts'

export interface SignUpPagesParts {
  readonly userTypes: UserTypeStore
  readonly clock: Clock
  readonly show: Show
}

/** What the form shows beside its inputs. */
export interface FormShown {
  readonly values: Omit<SignUpForm, 'csrf' | 'userType' | 'password'>
  readonly problems: readonly FieldProblem[]
  readonly pausedUntil: Date | null
}

export const NOTHING_TYPED: FormShown = {
  values: { email: '', phone: '', userId: '', employeeId: '', fields: {} },
  problems: [],
  pausedUntil: null,
}

/** The first page to come back to when the register could not be asked. */
const RETRY_SECONDS = 10

export type SignUpPages = ReturnType<typeof createSignUpPages>

/** The pages of a sign-up, each with its status. */
export function createSignUpPages({ userTypes, clock, show }: SignUpPagesParts) {
  function answer(ctx: Context, { formAction }: Place, page: Page, status = 200): void {
    show(ctx, page, { status, ...(formAction !== undefined && { formAction }) })
  }

  /** Types that anybody may sign up for, by id. */
  async function openTypes(): Promise<StoredUserType[]> {
    return (await userTypes.list()).filter(({ type }) => isOpen(type))
  }

  async function isChoice(): Promise<boolean> {
    return (await openTypes()).length > 1
  }

  async function findOpenType(wanted: unknown): Promise<StoredUserType | undefined> {
    const open = await openTypes()
    return open.find(({ type }) => type.id === wanted) ?? (open.length === 1 ? open[0] : undefined)
  }

  return {
    findOpenType,

    async chooseType(ctx: Context, place: Place): Promise<void> {
      const types = (await openTypes()).map(({ type }) => type)
      answer(ctx, place, chooseTypePage({ action: place.path, types, signInUrl: place.signInUrl }))
    },

    async form(ctx: Context, place: Place, type: UserType, shown: FormShown): Promise<void> {
      const wasChosen = await isChoice()
      const { pausedUntil, problems } = shown
      const page = signUpPage({
        ...shown,
        ...formOf(type),
        action: formUrl(place, type.id),
        typeName: type.name,
        chooseTypeUrl: wasChosen ? place.path : null,
        signInUrl: place.signInUrl,
      })
      if (pausedUntil !== null) ctx.set('Retry-After', String(secondsUntil(pausedUntil, clock.now())))
      answer(ctx, place, page, pausedUntil !== null ? 429 : problems.length > 0 ? 422 : 200)
    },

    async code(
      ctx: Context,
      place: Place,
      state: SignUpState,
      challenge: Challenge,
      failure: CodeFailure | null,
      resent = false,
    ): Promise<void> {
      const stored = await userTypes.find(state.userType)
      const ways = waysToVerify(stored?.type.otp.channels ?? [], state)
      const other = ways.find(({ channel }) => channel !== challenge.channel)
      const code: CodePage = {
        purpose: 'sign-up',
        action: `${place.path}/code`,
        resendAction: `${place.path}/resend`,
        step: stepOf({ chooseTypeUrl: (await isChoice()) ? place.path : null }, 2),
        digits: challenge.digits,
        reference: challenge.reference,
        channel: challenge.channel,
        destination: { kind: 'typed', contact: challenge.destination },
        worksUntil: challenge.expiresAt,
        resendAt: challenge.resendAt,
        now: clock.now(),
        failure,
        resent,
        // The person typed it just now: nothing of it has to be hidden.
        otherChannel: other
          ? {
              action: `${place.path}/choose-channel`,
              channel: other.channel,
              shown: other.destination,
            }
          : null,
        startAgainUrl: formUrl(place, state.userType),
      }
      answer(ctx, place, codePage(code), answerCode(ctx, code))
    },

    /** The code was right, and the account is still to be made; `failed` where the register could not be asked. */
    finish(ctx: Context, place: Place, { failed }: { readonly failed: boolean }): void {
      if (failed) ctx.set('Retry-After', String(RETRY_SECONDS))
      const page = finishPage({
        action: `${place.path}/finish`,
        retryAfterSeconds: failed ? RETRY_SECONDS : null,
      })
      answer(ctx, place, page, failed ? 503 : 200)
    },

    async notConfirmed(ctx: Context, place: Place, { userType }: SignUpState): Promise<void> {
      const stored = await userTypes.find(userType)
      const page = notConfirmedPage({
        typeName: stored?.type.name ?? '',
        chooseTypeUrl: (await isChoice()) ? place.path : null,
        asksRegister: (stored?.type.employee ?? null) !== null,
        againUrl: formUrl(place, userType),
        signInUrl: place.signInUrl,
      })
      answer(ctx, place, page, 422)
    },

    async done(ctx: Context, place: Place, { step, userType, verified }: SignUpState): Promise<void> {
      if (step !== 'waiting' || verified === null) {
        answer(ctx, place, signedUpPage({ signInUrl: place.signInUrl }))
        return
      }
      const stored = await userTypes.find(userType)
      const page = awaitingApprovalPage({
        typeName: stored?.type.name ?? userType,
        verified: { channel: verified.channel, contact: verified.destination },
        backUrl: null,
        clientName: null,
      })
      answer(ctx, place, page)
    },
  }
}

/** May anybody sign up for it, with or without an administrator's approval? */
export function isOpen({ signUp }: UserType): boolean {
  return signUp === 'open' || signUp === 'approval'
}

/** The form of a type, where it can be opened anew. */
export function formUrl({ path }: Place, userType: string): string {
  return `${path}?userType=${encodeURIComponent(userType)}`
}

/** The form that a type's definition makes. */
function formOf(type: UserType): Omit<AccountForm, 'values' | 'problems'> & {
  readonly userType: string
  readonly asksRegister: boolean
} {
  const ids = (['employeeId', 'userId'] as const).filter((id) => type.identifiers.includes(id))
  return {
    userType: type.id,
    asksRegister: type.employee !== null,
    contacts: type.contacts,
    ids,
    fields: type.fields,
    codeGoesTo: codeGoesTo(type),
    signsInBy: ids[0] ?? (type.identifiers.includes('email') ? 'email' : null),
    minimumPasswordLength: minimumLength(type.otp),
  }
}

function codeGoesTo({ contacts, otp }: UserType): 'email' | 'phone' | null {
  const first = otp.channels[0] === 'sms' ? 'phone' : 'email'
  const other = first === 'phone' ? 'email' : 'phone'
  return contacts[first] === 'required' || contacts[other] === 'none' ? first : null
}
