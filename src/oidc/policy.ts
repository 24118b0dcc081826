import { decodeJwt } from 'jose'
import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { isGoodEnough, reachableAcrs, requestedAcr } from './acr.ts'
import type { Person } from './claims.ts'
import { readClaims } from './claims-request.ts'
import { isFirstParty } from './clients.ts'

const { base, Check, Prompt } = interactionPolicy
type Check = interactionPolicy.Check

/**
 * When a person must be shown a page: the library's own reasons, changed where a first-party client has nobody
 * to ask, and `prompt=create` (Initiating User Registration via OpenID Connect 1.0). After a sign-in nobody is
 * asked to sign in for the same reason again: who still is not what was asked for would be asked for ever.
 */
export function createPolicy() {
  const policy = base()
  policy.add(new Prompt({ name: 'create', requestable: true }), 0)

  const login = policy.get('login')?.checks
  if (login) {
    // The session outlived the account's right to sign in; its page is the sign-in.
    login.add(
      new Check('account_gone', 'End-User authentication is required', 'login_required', (ctx) => {
        return ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined
      }),
    )
    for (const reason of ['id_token_hint', 'claims_id_token_sub_value', 'essential_acrs', 'essential_acr']) {
      login.remove(reason)
    }
    login.add(subjectCheck())
    login.add(acrCheck())
  }

  // RFC 8252 §8.6 asks for consent from native applications that anybody can impersonate. A first-party
  // application says what it is by its registration; with PKCE its code is of no use to another.
  const native = policy.get('consent')?.checks.get('native_client_prompt')
  if (native) {
    const { check } = native
    native.check = (ctx) =>
      ctx.oidc.client && isFirstParty(ctx.oidc.client) ? Check.NO_NEED_TO_PROMPT : check(ctx)
  }
  return policy
}

function hasSignedIn({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.result?.login !== undefined
}

/**
 * `id_token_hint` (OIDC Core §3.1.2.1) and a `sub` among the claims (§5.5.1) name one person, and nobody else's
 * sign-in will do. The library forgets the hint while the person signs in.
 */
function subjectCheck(): Check {
  return new Check('subject', 'the requested End-User is not signed in', 'login_required', (ctx) => {
    const { session, params = {} } = ctx.oidc
    const isSomebodyElse = namedSubjects(params).some((subject) => subject !== session?.accountId)
    if (isSomebodyElse && hasSignedIn(ctx)) throw new errors.LoginRequired('another End-User was asked for')
    return isSomebodyElse
  })
}

function namedSubjects({ id_token_hint: hint, claims }: Readonly<Record<string, unknown>>): unknown[] {
  // Verified when the request was accepted.
  const hinted = typeof hint === 'string' ? [decodeJwt(hint).sub] : []
  const claim = readClaims(claims).id_token?.['sub']
  return isObject(claim) && 'value' in claim ? [...hinted, claim['value']] : hinted
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** `acr_values` and `acr` among the `claims`, which the library hands on without looking at the session. */
function acrCheck(): Check {
  return new Check('acr', 'the requested acr needs another sign-in', 'login_required', (ctx) => {
    const { session, params = {} } = ctx.oidc
    const person = ctx.oidc.account as Person | undefined
    const asked = requestedAcr(params)
    // Without a person there is another reason to sign in; this one is looked at afterwards.
    if (asked.values.length === 0 || !session || !person) return Check.NO_NEED_TO_PROMPT

    const reachable = reachableAcrs(person.account, person.userType)
    if (isGoodEnough(session.acr, asked, reachable)) return Check.NO_NEED_TO_PROMPT
    // A wish that only a page could fulfil: OIDC Core §5.5.1.1 lets the real one be told instead.
    if (!asked.essential) return !hasSignedIn(ctx) && !ctx.oidc.prompts.has('none')

    const isAskedAnyway = ctx.oidc.promptPending('login') || ctx.oidc.promptPending('create')
    const mayHelp = isAskedAnyway || reachable.some((one) => asked.values.includes(one))
    if (hasSignedIn(ctx) || !mayHelp) {
      throw new errors.UnmetAuthenticationRequirements('the requested acr is not what this sign-in was')
    }
    return Check.REQUEST_PROMPT
  })
}
