import { join } from 'node:path'
import ejs from 'ejs'
import { readClaims, readGreeting, readToken } from './claims.ts'
import type { Problem } from './problems.ts'
import type { Outcome, Session, Tokens } from './sessions.ts'

const views = join(import.meta.dirname, 'views')

export function renderSignedOut(session: Session): Promise<string> {
  return render('signed-out', {
    csrf: session.csrf,
    outcome: session.outcome,
    orders: readOrders(session.outcome),
    mayCallOrders: session.formerAccessToken !== null,
  })
}

export function renderSignedIn(session: Session, tokens: Tokens): Promise<string> {
  return render('signed-in', {
    csrf: session.csrf,
    greeting: readGreeting(tokens.idToken),
    accessToken: { raw: tokens.accessToken, rows: readToken(tokens.accessToken, 'access') },
    idToken: { raw: tokens.idToken, rows: readToken(tokens.idToken, 'id') },
    mayRefresh: tokens.refreshToken !== null,
    outcome: session.outcome,
    userinfo: readUserinfo(session.outcome),
    orders: readOrders(session.outcome),
  })
}

export function renderProblem(problem: Problem): Promise<string> {
  return render('problem', { problem })
}

function readUserinfo(outcome: Outcome | null) {
  return outcome?.kind === 'userinfo' ? readClaims(outcome.claims, 'id') : null
}

function readOrders(outcome: Outcome | null) {
  return outcome?.kind === 'orders' ? outcome.answer : null
}

function render(view: string, model: object): Promise<string> {
  return ejs.renderFile(join(views, `${view}.ejs`), model, { cache: true })
}
