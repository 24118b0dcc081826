import {
  type Client,
  errors,
  type KoaContextWithOIDC,
  type Account as OidcAccount,
  type Provider,
} from 'oidc-provider'
import type { Account, AccountFields, AccountStore } from '../domain/accounts/index.ts'
import type { Revocations, TokenRoots } from '../domain/revocations/index.ts'
import type { Roles } from '../domain/roles/index.ts'
import type { UserType, UserTypeStore } from '../domain/user-types/index.ts'
import type { ClientStateStore } from './client-state-store.ts'
import { isFirstParty, rolesOfMachine } from './clients.ts'
import { fieldClaims } from './field-claims.ts'
import type { StoredIds } from './stored-ids.ts'

/** A person as the library sees one; carries what tokens are made from. */
export interface Person extends OidcAccount {
  readonly account: Account
  readonly userType: UserType
}

/**
 * Which claims a scope opens (OIDC Core §5.4). `openid` opens how the sign-in was, so that every ID token says it,
 * and roles: first-party clients always get them, and nobody else has any to show without the scope `roles`.
 */
export const CLAIMS_BY_SCOPE = {
  openid: ['sub', 'acr', 'amr', 'auth_time', 'roles', 'user_type'],
  profile: ['name', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  roles: ['roles', 'user_type'],
} as const

export interface ClaimsParts {
  readonly accounts: AccountStore
  readonly accountFields: AccountFields
  readonly userTypes: UserTypeStore
  readonly revocations: Revocations
  readonly roles: Roles
  readonly ids: StoredIds
  readonly clientStates: Pick<ClientStateStore, 'isDisabled'>
  /** Is the grant with this stored id alive? */
  readonly isGrantAlive: (storedId: string) => Promise<boolean>
}

/** An account that may sign in, with the type it has now; null once it may not any more. */
export async function findActive(
  { accounts, userTypes }: Pick<ClaimsParts, 'accounts' | 'userTypes'>,
  accountId: string,
): Promise<Pick<Person, 'account' | 'userType'> | null> {
  const account = await accounts.find(accountId)
  if (account?.status !== 'active') return null
  const stored = await userTypes.find(account.userType)
  return stored && { account, userType: stored.type }
}

/** The person behind a session, code or token; undefined once the account may not sign in any more. */
export function createFindAccount(parts: ClaimsParts) {
  return async (ctx: KoaContextWithOIDC, accountId: string): Promise<Person | undefined> => {
    const found = await findActive(parts, accountId)
    if (!found) return undefined
    const { account, userType } = found
    return {
      accountId,
      account,
      userType,
      // `asked` holds what was asked for claim by claim and granted.
      claims: async (_use, scope, asked) => {
        const told = mayHaveRoles(ctx.oidc.client, scope)
        const roles = told ? await parts.roles.rolesOf(account, userType) : null
        return {
          ...fieldClaims(parts.accountFields, account, userType, {
            scopes: scopesIn(scope),
            claims: new Set(Object.keys(asked)),
          }),
          ...claimsOf(account, userType, roles),
        }
      },
    }
  }
}

/**
 * Everything that may be told of a person, beside their fields; the library picks from it what was asked for and
 * granted. `roles` is null where they are none of the client's business.
 */
export function claimsOf(account: Account, userType: UserType, roles: readonly string[] | null) {
  return {
    sub: account.id,
    ...(account.email && { email: account.email.value, email_verified: account.email.verifiedAt !== null }),
    ...(account.phone && {
      phone_number: account.phone.value,
      phone_number_verified: account.phone.verifiedAt !== null,
    }),
    ...(roles && { roles, user_type: userType.id }),
  }
}

/** Roles go to first-party clients always, to others with the consented scope `roles`. */
function mayHaveRoles(client: Client | undefined, scope: string): boolean {
  return client !== undefined && (isFirstParty(client) || scopesIn(scope).has('roles'))
}

function scopesIn(scope: string): ReadonlySet<string> {
  return new Set(scope.split(' '))
}

type IssuedToken = Parameters<
  NonNullable<ConstructorParameters<typeof Provider>[1]>['extraTokenClaims'] & {}
>[1]

/** The claims of ours in an access token (interface.md, Tokens; RFC 9068 §2.2). */
export function createExtraTokenClaims(parts: ClaimsParts) {
  const { accountFields, revocations, roles, ids, clientStates, isGrantAlive } = parts
  return async (ctx: KoaContextWithOIDC, token: IssuedToken): Promise<Record<string, unknown>> => {
    const { client } = ctx.oidc
    if (!client) throw new Error('A token is issued to a client.')
    const audience = String(token.aud)
    if (!('accountId' in token)) {
      const roots = { audience, jti: token.jti, clientId: client.clientId, person: null }
      const handles = await revocations.handlesFor(roots)
      await refuseDisabled(client)
      return { roles: rolesOfMachine(client), latchkey_rv: handles }
    }
    const claims = await personClaims(ctx, client, token, audience)
    await refuseDisabled(client)
    return claims
  }

  /**
   * After the handles were made: a client that is disabled later has a token that is dead, and one that was before
   * has none. Without this a token under way would carry the generation that came with the disabling.
   */
  async function refuseDisabled({ clientId }: Client): Promise<void> {
    if (await clientStates.isDisabled(clientId)) throw new errors.InvalidClient('client is disabled')
  }

  async function personClaims(
    ctx: KoaContextWithOIDC,
    client: Client,
    token: Extract<IssuedToken, { accountId: string }>,
    audience: string,
  ): Promise<Record<string, unknown>> {
    const person = ctx.oidc.account as Person | undefined
    // The code, or after it the refresh token: what the sign-in was, as it was recorded then.
    const source = ctx.oidc.entities.RefreshToken ?? ctx.oidc.entities.AuthorizationCode
    if (!person || !source || !token.grantId)
      throw new Error("A person's token comes from a code or a refresh token.")
    const grantId = ids.of('Grant', token.grantId)
    const sessionUid = token.sessionUid ? ids.ofSession(token.sessionUid) : null
    const told = mayHaveRoles(client, token.scope ?? '')
    // Before the handles, since asking the register may raise the generation that they carry.
    if (told) await roles.rolesOf(person.account, person.userType)
    const { handles, account, userType } = await handlesAndPerson(person, (userType) => ({
      audience,
      jti: token.jti,
      clientId: client.clientId,
      person: { accountId: person.accountId, userType, grantId, sessionUid },
    }))
    await refuseDead(grantId)
    const scope = token.scope ?? ''
    return {
      ...fieldClaims(accountFields, account, userType, { scopes: scopesIn(scope), claims: new Set() }),
      auth_time: source.authTime,
      acr: source.acr,
      amr: source.amr,
      sid: source.sid,
      ...(told && {
        roles: await roles.rolesOf(account, userType),
        user_type: account.userType,
      }),
      latchkey_grant: grantId,
      latchkey_rv: handles,
    }
  }

  /**
   * After the handles were made: a grant that dies later has a token that is dead, and one that died before has none.
   * What it came from was alive when it was read; without this it would carry the generation that killed that, and no
   * feed would ever list it.
   */
  async function refuseDead(grantId: string): Promise<void> {
    if (!(await isGrantAlive(grantId))) throw new errors.InvalidGrant('its grant has ended')
  }

  /**
   * The handles first, then anew what the token says of the person: a change in between makes a token that is dead,
   * never one that is alive and says what was before.
   */
  async function handlesAndPerson(before: Person, rootsOf: (userType: string) => TokenRoots) {
    let userType = before.account.userType
    for (;;) {
      const handles = await revocations.handlesFor(rootsOf(userType))
      const now = await findActive(parts, before.accountId)
      if (!now) throw new errors.InvalidGrant('the account may not sign in any more')
      if (now.account.userType === userType) return { handles, ...now }
      userType = now.account.userType
    }
  }
}
