/**
 * Broken promises, thrown; http/error-handler.ts alone turns them into answers. What can be expected (a wrong
 * code, a taken address) is no error: rooms return it.
 */
export interface AppErrorOptions {
  cause?: unknown
  /** Whole seconds for Retry-After. */
  retryAfterSeconds?: number
}

export class AppError extends Error {
  /** Stable name of what went wrong, for programs: snake_case. */
  readonly code: string
  readonly status: number
  /** May the message be shown to whoever asked? */
  readonly expose: boolean
  readonly retryAfterSeconds: number | undefined

  constructor(code: string, status: number, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.status = status
    this.expose = status < 500
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  /** The name under which Koa and oidc-provider look for it. */
  get statusCode(): number {
    return this.status
  }
}

/** 400: the request is not of the shape that was asked for. */
export class Malformed extends AppError {
  constructor(message: string, options?: AppErrorOptions) {
    super('malformed_request', 400, message, options)
  }
}

/** 403: the form was not made by us for this browser. */
export class ForeignForm extends AppError {
  constructor(message = 'This form was not made for this browser.') {
    super('foreign_form', 403, message)
  }
}

export class NotFound extends AppError {
  constructor(message = 'There is no such page.') {
    super('not_found', 404, message)
  }
}

/** 400: no such interaction, or it belongs to another browser, or it has ended. */
export class UnknownInteraction extends AppError {
  constructor(message = 'This sign-in is not known here, or it has ended.') {
    super('unknown_interaction', 400, message)
  }
}

/** The browser sent none of the cookies it was given: 400 where a page was asked for, 403 for a form. */
export class CookiesRefused extends AppError {
  constructor(status: 400 | 403 = 400) {
    super('cookies_refused', status, 'The browser does not keep cookies.')
  }
}

export class TooLarge extends AppError {
  constructor(message = 'The request is too large.') {
    super('too_large', 413, message)
  }
}

export class TooManyRequests extends AppError {
  constructor(retryAfterSeconds: number, code = 'too_many_requests', message = 'Too many requests.') {
    super(code, 429, message, { retryAfterSeconds })
  }
}

/** 503: something we need is down or full; nothing was changed. */
export class Unavailable extends AppError {
  constructor(what: string, options: AppErrorOptions = {}) {
    super('unavailable', 503, `Not available: ${what}`, { retryAfterSeconds: 5, ...options })
  }
}

/** A unique key is taken. Part of every store's contract; says nothing of the row that has it. */
export class DuplicateKey extends AppError {
  constructor(what: string, options?: AppErrorOptions) {
    super('duplicate_key', 409, `Duplicate key: ${what}`, options)
  }
}

/** A start that cannot go on: one message for the operator, no stack, exit code 1. */
export class StartRefused extends AppError {
  constructor(message: string, options?: AppErrorOptions) {
    super('start_refused', 500, message, options)
  }
}

export function assertNever(value: never): never {
  throw new AppError('unexpected_value', 500, `Unexpected value: ${JSON.stringify(value)}`)
}
