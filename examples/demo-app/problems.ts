import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'

/** Something that went wrong, in the words of a page. */
export interface Problem {
  readonly status: number
  readonly heading: string
  readonly sentence: string
  /** What the provider or the library called it. */
  readonly error: string | null
  readonly description: string | null
}

/** Thrown by the demo itself where a request cannot go on. */
export class DemoError extends Error {
  readonly status: number
  readonly heading: string

  constructor(status: number, heading: string, sentence: string) {
    super(sentence)
    this.name = 'DemoError'
    this.status = status
    this.heading = heading
  }
}

const REFUSED = 'Latchkey refused'
const REFUSED_SENTENCE = 'This is what it answered. Nothing was changed here.'

/** Words for whatever was thrown; null for what the demo did not expect. */
export function describeProblem(error: unknown): Problem | null {
  if (error instanceof DemoError) {
    const { status, heading, message } = error
    return { status, heading, sentence: message, error: null, description: null }
  }
  if (isUnreachable(error)) {
    return {
      status: 503,
      heading: 'Latchkey does not answer',
      sentence:
        'The identity provider is not running, or it cannot be reached from here. Start it, then try again.',
      error: null,
      description: null,
    }
  }
  if (error instanceof AuthorizationResponseError) {
    return {
      status: 400,
      heading: 'You were not signed in',
      sentence: 'Latchkey sent you back with this answer.',
      error: error.error,
      description: error.error_description ?? null,
    }
  }
  if (error instanceof ResponseBodyError) {
    return refusal(error.error, error.error_description)
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    const parameters = error.cause[0]?.parameters
    return refusal(parameters?.error ?? `status ${error.status}`, parameters?.error_description)
  }
  if (error instanceof ClientError) {
    return {
      status: 502,
      heading: 'The answer of Latchkey was not accepted',
      sentence: 'The demo application checked the answer and found it wrong.',
      error: error.code ?? null,
      description: error.message,
    }
  }
  return null
}

function refusal(error: string, description: string | undefined): Problem {
  return {
    status: 502,
    heading: REFUSED,
    sentence: REFUSED_SENTENCE,
    error,
    description: description ?? null,
  }
}

/** No connection, or no answer in time: `fetch` says so in the error or in what caused it. */
function isUnreachable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if ('message' in error && error.message === 'fetch failed') return true
  if ('code' in error && error.code === 'OAUTH_TIMEOUT') return true
  return 'cause' in error && isUnreachable(error.cause)
}
