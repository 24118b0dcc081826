import Router from '@koa/router'
import { createCodeSteps } from './code.ts'
import { createCompleteSteps } from './complete.ts'
import { createFirstPages } from './first-pages.ts'
import { createGoOn } from './go-on.ts'
import type { SignInParts } from './parts.ts'
import { createPasswordSteps } from './password.ts'
import { createWithCodeSteps } from './with-code.ts'

/**
 * Identifier and password, or identifier alone → code → what the type requires by now → application
 * (architecture.md, The way of one sign-in).
 */
export function signInRoutes(parts: SignInParts): Router {
  const pages = createFirstPages(parts)
  const goOn = createGoOn(parts, pages)
  const { askForPassword, checkPassword } = createPasswordSteps(parts, pages, goOn)
  const { askForIdentifier, sendCode } = createWithCodeSteps(parts, pages)
  const { askForCode, checkCode, resendCode, chooseChannel } = createCodeSteps(parts, goOn)
  const { askForDetails, takeDetails } = createCompleteSteps(parts, goOn)

  return new Router({ prefix: '/interaction/:uid' })
    .get('/', askForPassword)
    .post('/', checkPassword)
    .get('/with-code', askForIdentifier)
    .post('/with-code', sendCode)
    .get('/code', askForCode)
    .post('/code', checkCode)
    .post('/resend', resendCode)
    .post('/choose-channel', chooseChannel)
    .get('/complete', askForDetails)
    .post('/complete', takeDetails)
}
