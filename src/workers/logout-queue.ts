import { type Audit, systemOrigin } from '../domain/audit/index.ts'
import { addSeconds, type Clock } from '../lib/clock.ts'
import { errorCode } from '../lib/error-code.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { PostForm } from '../lib/post-form.ts'
import type { ClaimedNotice, LogoutNoticeStore, LogoutNotices } from '../oidc/index.ts'

export interface LogoutQueueParts {
  readonly store: LogoutNoticeStore
  readonly notices: Pick<LogoutNotices, 'compose'>
  readonly post: PostForm
  readonly audit: Pick<Audit, 'entry'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Pick<Log, 'warn' | 'error'>
  /** Names this process in a claim. */
  readonly holder: string
}

export interface LogoutQueue {
  /** Something was queued: send now instead of at the next look. */
  wake(): void
  /** Breaks off what is on its way; another process, or the next start, goes on at once. */
  stop(): Promise<void>
}

/** A node that dies with a notice in hand loses it to another after this long. */
const LEASE_SECONDS = 30
const LOOK_EVERY_MS = 1000
const ANSWER_WITHIN_MS = 5000
/** On their way at once, each to another client. */
const MOST_AT_ONCE = 32
const FIRST_RETRY_SECONDS = 5
const LONGEST_RETRY_SECONDS = 3600
/** §2.8: 400 says that the client could not do it; it will hardly fare better the tenth time. */
const MOST_REFUSALS = 3

/** How one try went. `problem` is a stable word for the record. */
type Try =
  | { readonly kind: 'told' }
  | { readonly kind: 'broken-off' }
  | { readonly kind: 'failed'; readonly problem: string }
  | { readonly kind: 'hopeless'; readonly problem: string }

/**
 * Tells clients that sessions have ended (OpenID Connect Back-Channel Logout 1.0): at least once, again and again with
 * growing pauses until the notice expires. One of each client is on its way at a time.
 */
export function createLogoutQueue(parts: LogoutQueueParts): LogoutQueue {
  const { store, notices, post, audit, clock, random, log, holder } = parts
  const stopping = new AbortController()
  const sending = new Set<Promise<void>>()
  let filling: Promise<void> | null = null
  let wokenAgain = false

  async function send(notice: ClaimedNotice): Promise<Try> {
    if (notice.expiresAt <= clock.now()) return { kind: 'hopeless', problem: 'expired' }
    try {
      const message = await notices.compose(notice)
      if (message === null) return { kind: 'hopeless', problem: 'not-registered' }
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])
      return judge(await post(message.url, message.form, signal), notice.attempts)
    } catch (error) {
      if (stopping.signal.aborted) return { kind: 'broken-off' }
      return { kind: 'failed', problem: wordFor(error) }
    }
  }

  async function handle(notice: ClaimedNotice): Promise<void> {
    const result = await send(notice)
    if (result.kind === 'told') return settle(notice, 'told', null)
    const now = clock.now()
    const { id, clientId, attempts } = notice
    if (result.kind === 'broken-off') return void (await store.release(id, holder, now))
    log.warn({ noticeId: id, clientId, attempts, problem: result.problem }, 'client not told of a logout')
    const againAt = addSeconds(now, pauseAfter(attempts, random))
    if (result.kind === 'hopeless' || againAt >= notice.expiresAt)
      return settle(notice, 'given-up', result.problem)
    await store.release(id, holder, againAt)
  }

  async function settle(notice: ClaimedNotice, outcome: 'told' | 'given-up', reason: string | null) {
    const { id, clientId, accountId, sessionId, attempts } = notice
    const record = await audit.entry({
      ...systemOrigin('logout', 'tell-client', random),
      clientId,
      event: outcome === 'told' ? 'logout.told' : 'logout.given-up',
      outcome: outcome === 'told' ? 'success' : 'failure',
      reason,
      subject: { kind: 'account', id: accountId },
      details: { session: sessionId, attempts },
    })
    await store.settle(id, holder, outcome, clock.now(), [record])
  }

  function start(notice: ClaimedNotice): void {
    const one = handle(notice)
      // What a store that is down could not note is told again when the lease has run out.
      .catch((err: unknown) => log.error({ err, noticeId: notice.id }, 'logout queue'))
      .finally(() => {
        sending.delete(one)
        // Its client's next one may go now.
        wake()
      })
    sending.add(one)
  }

  async function fill(): Promise<void> {
    do {
      wokenAgain = false
      const free = MOST_AT_ONCE - sending.size
      if (free === 0) return
      const now = clock.now()
      for (const notice of await store.claim(holder, now, addSeconds(now, LEASE_SECONDS), free)) start(notice)
    } while (wokenAgain && !stopping.signal.aborted)
  }

  function wake(): void {
    if (stopping.signal.aborted) return
    wokenAgain = true
    filling ??= fill()
      .catch((err: unknown) => log.error({ err }, 'logout queue'))
      .finally(() => {
        filling = null
        // Somebody woke it after its last look.
        if (wokenAgain) wake()
      })
  }

  // What a dead process left behind, and what is due again, is found by looking.
  const timer = setInterval(wake, LOOK_EVERY_MS)
  timer.unref()

  return {
    wake,
    async stop() {
      clearInterval(timer)
      stopping.abort()
      await filling
      await Promise.all(sending)
    },
  }
}

function judge(status: number, attempts: number): Try {
  if (status === 200 || status === 204) return { kind: 'told' }
  const isRefused = status === 400 && attempts >= MOST_REFUSALS
  return { kind: isRefused ? 'hopeless' : 'failed', problem: `status-${status}` }
}

function wordFor(error: unknown): string {
  const code = errorCode(error)
  if (code === 'ABORT_ERR') return 'no-answer'
  return code === null ? 'fault' : code.toLowerCase().replaceAll('_', '-')
}

/** Doubles; somewhere in its upper half, so that what failed together does not come back together. */
function pauseAfter(attempts: number, random: Random): number {
  const longest = Math.min(FIRST_RETRY_SECONDS * 2 ** (attempts - 1), LONGEST_RETRY_SECONDS)
  return longest / 2 + (longest / 2) * (random.below(1001) / 1000)
}
