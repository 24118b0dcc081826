import { interactionPolicy } from 'oidc-provider'
import { isFirstParty } from './clients.ts'

const { base, Check, Prompt } = interactionPolicy

/**
 * When a person must be shown a page: the library's own reasons, changed where a first-party client has nobody
 * to ask, and `prompt=create` (Initiating User Registration via OpenID Connect 1.0).
 */
export function createPolicy() {
  const policy = base()
  policy.add(new Prompt({ name: 'create', requestable: true }), 0)

  policy.get('login')?.checks.add(
    // The session outlived the account's right to sign in; its page is the sign-in.
    new Check('account_gone', 'End-User authentication is required', (ctx) => {
      return ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined
    }),
  )

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
