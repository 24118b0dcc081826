import type { Context } from 'koa'
import type { z } from 'zod'
import type { Channel } from '../../domain/delivery/index.ts'
import type { Challenge, Otp } from '../../domain/otp/index.ts'
import type { Progress, Read } from '../../domain/progress/index.ts'
import { answerCode, codeFailure, resendFailure } from '../../http/code-answer.ts'
import { type CodeFailure, type CodePage, codePage } from '../../http/code-page.ts'
import type { DeviceCookie } from '../../http/device-cookie.ts'
import { goTo } from '../../http/show.ts'
import { addSeconds, type Clock } from '../../lib/clock.ts'
import { NotFound } from '../../lib/errors.ts'
import {
  type ChangeContact,
  type CheckCode,
  findNoted,
  isBeingSent,
  type SendCode,
} from '../../steps/index.ts'
import type { codeForm, contactForm } from './forms.ts'
import type { Gate, Here } from './gate.ts'
import { type ContactProblem, changeContactPage, removeContactPage } from './pages/contact.ts'
import { stoppedPage } from './pages/ends.ts'
import type { ContactChangeState } from './state.ts'
import { contactTarget, HOME, removalTarget } from './targets.ts'

export interface ContactParts {
  readonly changeContact: ChangeContact
  readonly contactProgress: Progress<ContactChangeState>
  readonly sendCode: SendCode
  readonly checkCode: CheckCode
  readonly otp: Otp
  readonly deviceCookie: DeviceCookie
  readonly clock: Clock
  readonly languageOf: (ctx: Context) => string
}

/** New contact → code to it → the account's; the old one works until then. */
export function contactHandlers(gate: Gate, parts: ContactParts) {
  const { changeContact, contactProgress: progress, otp, clock } = parts

  return {
    async askForContact(ctx: Context, here: Here) {
      const channel = channelOf(ctx, here)
      const known = contactOf(here, channel)
      return showForm(ctx, here, channel, known?.verifiedAt === null ? known.value : '', null)
    },

    async sendCode(ctx: Context, here: Here, form: z.infer<typeof contactForm>) {
      const channel = channelOf(ctx, here)
      const read = changeContact.read(here.account, channel, form.contact)
      if (!read.ok) return showForm(ctx, here, channel, form.contact, read.problem)
      const { contact } = read
      const state: ContactChangeState = {
        channel,
        contact,
        challengeId: otp.newId(),
        notedAt: clock.now().getTime(),
        generation: here.generation,
      }
      const at = await progress.find(keyOf(here, channel))
      // Noted before anything is sent: of the same form posted twice at once one goes on to send.
      if (!(at && (await isStillSending(at.state, state))) && (await note(here, at, state))) {
        const request = await changeContact.request(here, { channel, contact }, parts.languageOf(ctx))
        const sent = await parts.sendCode.start(
          state.challengeId,
          request,
          gate.originOf(ctx, here, 'contact'),
        )
        if (!sent.ok) throw new Error('Whoever claims a contact is never told of a budget.')
      }
      return goTo(ctx, codePath(channel))
    },

    async askForCode(ctx: Context, here: Here) {
      const { channel, at, challenge } = await whereWeAre(ctx, here)
      if (!at || !challenge) return goTo(ctx, contactTarget(channel))
      return showCode(ctx, at.state, challenge, null, ctx.query['sent'] === 'again')
    },

    async checkCode(ctx: Context, here: Here, form: z.infer<typeof codeForm>) {
      const { channel, at, challenge } = await whereWeAre(ctx, here)
      if (!at || !challenge) return goTo(ctx, contactTarget(channel))
      const { contact, generation } = at.state
      if (form.code.trim() === '') return showCode(ctx, at.state, challenge, { kind: 'missing' })
      const expected = {
        challengeId: challenge.id,
        purpose: 'contact-change',
        accountId: here.accountId,
        destination: contact,
        knownDevice: null,
      } as const
      const origin = gate.originOf(ctx, here, 'code')
      const checked = await parts.checkCode(form.code, expected, origin)
      if (!checked.ok) return showCode(ctx, at.state, challenge, codeFailure(checked))
      const result = await changeContact.finish({ ...here, generation }, { channel, contact }, origin)
      await progress.end(keyOf(here, channel))
      if (result.ok) return goTo(ctx, '/account?done=contact')
      const reason = result.reason === 'taken' ? 'contact-taken' : 'ended'
      const status = reason === 'ended' ? 409 : 422
      return gate.show(ctx, stoppedPage({ reason, againUrl: contactTarget(channel) }), { status })
    },

    async resendCode(ctx: Context, here: Here) {
      const { channel, at, challenge } = await whereWeAre(ctx, here)
      if (!at || !challenge) return goTo(ctx, contactTarget(channel))
      const request = await changeContact.request(here, at.state, parts.languageOf(ctx))
      const result = await parts.sendCode.again(challenge, request, gate.originOf(ctx, here, 'resend'))
      if (result.ok) {
        await progress.advance(keyOf(here, channel), at, { ...at.state, challengeId: result.challenge.id })
        return goTo(ctx, `${codePath(channel)}&sent=again`)
      }
      if (result.reason === 'dead') return goTo(ctx, codePath(channel))
      return showCode(ctx, at.state, challenge, resendFailure(result.reason))
    },

    async askToRemove(ctx: Context, here: Here) {
      const channel = removableChannelOf(ctx, here)
      const { value, verifiedAt } = contactOf(here, channel) ?? { value: '', verifiedAt: null }
      const page = removeContactPage({
        accountId: here.accountId,
        action: removalTarget(channel),
        channel,
        contact: value,
        wasVerified: verifiedAt !== null,
      })
      return gate.show(ctx, page)
    },

    async remove(ctx: Context, here: Here) {
      const channel = removableChannelOf(ctx, here)
      const result = await changeContact.remove(here, channel, gate.originOf(ctx, here, 'remove-contact'))
      if (result.ok) return goTo(ctx, '/account?done=contact')
      const reason = result.reason === 'needed' ? 'contact-needed' : 'ended'
      return gate.show(ctx, stoppedPage({ reason, againUrl: HOME }), { status: 409 })
    },
  }

  /** The same contact again, a moment after a code was sent to it: that code is the one that works. */
  async function isStillSending(before: ContactChangeState, next: ContactChangeState): Promise<boolean> {
    if (before.contact !== next.contact || before.generation !== next.generation) return false
    return isBeingSent(await otp.find(before.challengeId), before.notedAt, clock.now())
  }

  /** Kept for as long as a session lives at most: with it everything that was begun in it is gone. */
  function note(here: Here, at: Read<ContactChangeState> | null, state: ContactChangeState) {
    const key = keyOf(here, state.channel)
    if (at) return progress.advance(key, at, state)
    const { sessionSeconds } = here.userType.lifetimes
    return progress.begin(key, state, addSeconds(clock.now(), sessionSeconds))
  }

  async function whereWeAre(ctx: Context, here: Here) {
    const channel = channelOf(ctx, here)
    const at = await progress.find(keyOf(here, channel))
    return { channel, at, challenge: at && (await findNoted(otp, at.state, clock)) }
  }

  function removableChannelOf(ctx: Context, here: Here): Channel {
    const channel = channelOf(ctx, here)
    if (!changeContact.isRemovable(here.account, here.userType, channel)) throw new NotFound()
    return channel
  }

  function showForm(
    ctx: Context,
    here: Here,
    channel: Channel,
    typed: string,
    problem: ContactProblem | null,
  ): void {
    const { account, userType } = here
    const page = changeContactPage({
      accountId: account.id,
      action: contactTarget(channel),
      channel,
      current: contactOf(here, channel),
      typed,
      problem,
      removeUrl: changeContact.isRemovable(account, userType, channel) ? removalTarget(channel) : null,
    })
    gate.show(ctx, page, { status: problem === null ? 200 : 422 })
  }

  function showCode(
    ctx: Context,
    { channel, contact }: ContactChangeState,
    challenge: Challenge,
    failure: CodeFailure | null,
    resent = false,
  ): void {
    const code: CodePage = {
      purpose: 'contact-change',
      action: codePath(channel),
      resendAction: `/account/contact/resend?channel=${channel}`,
      step: { at: 2, of: 2 },
      digits: challenge.digits,
      reference: challenge.reference,
      channel,
      destination: { kind: 'typed', contact },
      worksUntil: challenge.expiresAt,
      resendAt: challenge.resendAt,
      now: clock.now(),
      failure,
      resent,
      otherChannel: null,
      startAgainUrl: contactTarget(channel),
    }
    gate.show(ctx, codePage(code), { status: answerCode(ctx, code) })
  }
}

const codePath = (channel: Channel) => `/account/contact/code?channel=${channel}`
const contactOf = ({ account }: Here, channel: Channel) => (channel === 'sms' ? account.phone : account.email)

/** Bound to session and account: what one person began nobody else goes on with. */
function keyOf({ sessionId, accountId }: Here, channel: Channel): string {
  return `${sessionId} ${accountId} ${channel}`
}

function channelOf(ctx: Context, { userType }: Here): Channel {
  const { channel } = ctx.query
  if (channel !== 'email' && channel !== 'sms') throw new NotFound()
  if (userType.contacts[channel === 'sms' ? 'phone' : 'email'] === 'none') throw new NotFound()
  return channel
}
