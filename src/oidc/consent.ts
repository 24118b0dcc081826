import type { Client, Interaction as StoredInteraction } from 'oidc-provider'
import type { AccountFields } from '../domain/accounts/index.ts'
import type { StoredUserType } from '../domain/user-types/index.ts'
import { CLAIMS_BY_SCOPE, claimsOf, type Person } from './claims.ts'
import { claimNames, readClaims } from './claims-request.ts'
import { isFirstParty } from './clients.ts'
import { fieldClaims, type ShownField, shownFields } from './field-claims.ts'
import type { Resources } from './resources.ts'

/** What a client can learn of a person, as a person would put it. */
const TOPICS = ['profile', 'email', 'phone', 'roles'] as const
export type Topic = (typeof TOPICS)[number]

/** What a person is asked to let a client have, without what they let it have before. */
export interface AskedConsent {
  readonly topics: readonly Topic[]
  /** Fields of the person's type, beside what a topic shows already. */
  readonly fields: readonly ShownField[]
  /** Scopes of Latchkey's own APIs: `account`, `admin:read`, `admin:write`. */
  readonly ownScopes: readonly string[]
  /** A client of somebody else asks for tokens that the organisation's own APIs take. */
  readonly organisation: boolean
  readonly apis: readonly { readonly name: string; readonly scopes: readonly string[] }[]
  /** For how long it may go on while the person is away; null where it may not, or may already. */
  readonly awaySeconds: number | null
  /** Something else was allowed before, in this session. */
  readonly isMore: boolean
  /** What it will be told, whichever of it is asked for. */
  readonly person: PersonShown
}

export interface PersonShown {
  readonly name: string | null
  readonly email: string | null
  readonly phone: string | null
  readonly userType: string
  readonly roles: readonly string[]
}

export interface PersonAsked extends Pick<Person, 'account' | 'userType'> {
  readonly roles: readonly string[]
}

interface Wanted {
  readonly scopes: readonly string[]
  readonly claims: readonly string[]
  readonly byResource: Readonly<Record<string, readonly string[]>>
}

export interface ConsentParts {
  readonly resources: Resources
  readonly accountFields: AccountFields
  /** All in force. */
  readonly types: readonly StoredUserType[]
}

export function askedConsent(
  interaction: StoredInteraction,
  client: Client,
  person: PersonAsked,
  { resources, accountFields, types }: ConsentParts,
): AskedConsent {
  const { scopes, claims, byResource } = wantedOf(interaction)
  const isMore = grantAddedTo(interaction) !== null
  const away = client.grantTypeAllowed('refresh_token') && !isMore
  const topics = TOPICS.filter(
    (topic) => scopes.includes(topic) || claimsAbout(topic).some((one) => claims.includes(one)),
  )
  // OIDC Core §5.1 has a name among the claims of the scope profile, and so the row of that topic shows it.
  const asked = { scopes: new Set(scopes), claims: new Set(claims) }
  const isShownAlready = (claim: string) => claim === 'name' && topics.includes('profile')
  return {
    topics,
    fields: shownFields(accountFields, person, types, asked, isShownAlready),
    ownScopes: Object.entries(byResource).flatMap(([resource, wanted]) =>
      resources.ownScopesOf(resource).filter((scope) => wanted.includes(scope)),
    ),
    organisation: !isFirstParty(client) && resources.audience in byResource,
    apis: Object.entries(byResource).flatMap(([resource, wanted]) => {
      const api = resources.apiOf(resource)
      return api ? [{ name: api.name, scopes: api.scopes.filter((scope) => wanted.includes(scope)) }] : []
    }),
    awaySeconds: away ? person.userType.lifetimes.refreshTokenSeconds : null,
    isMore,
    person: shown(person, accountFields),
  }
}

/** What was allowed before and is not shown again; null where the page shows all that is asked for. */
export function grantAddedTo(interaction: StoredInteraction): string | null {
  return isAskedAgain(interaction) ? null : (interaction.grantId ?? null)
}

/** The client, or what kind of client it is, asks for the page although nothing may be new. */
function isAskedAgain({ prompt }: StoredInteraction): boolean {
  return ['consent_prompt', 'native_client_prompt'].some((reason) => prompt.reasons.includes(reason))
}

function wantedOf(interaction: StoredInteraction): Wanted {
  if (!isAskedAgain(interaction)) {
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = interaction.prompt.details as {
      missingOIDCScope?: string[]
      missingOIDCClaims?: string[]
      missingResourceScopes?: Record<string, string[]>
    }
    return {
      scopes: missingOIDCScope ?? [],
      claims: missingOIDCClaims ?? [],
      byResource: missingResourceScopes ?? {},
    }
  }
  const { scope, claims, resource } = interaction.params
  const scopes = typeof scope === 'string' ? scope.split(' ') : []
  const audiences = [resource].flat().filter((one) => typeof one === 'string')
  return {
    scopes,
    claims: claimNames(readClaims(claims)),
    byResource: Object.fromEntries(audiences.map((one) => [one, scopes])),
  }
}

/** Roles are told for their scope alone (interface.md, Tokens): asking for the claims gives nothing. */
function claimsAbout(topic: Topic): readonly string[] {
  return topic === 'roles' ? [] : CLAIMS_BY_SCOPE[topic]
}

function shown({ account, userType, roles }: PersonAsked, accountFields: AccountFields): PersonShown {
  const named = { scopes: new Set<string>(), claims: new Set(['name']) }
  const { name } = fieldClaims(accountFields, account, userType, named)
  const { email, phone_number: phone }: Record<string, unknown> = claimsOf(account, userType, roles)
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  return { name: text(name), email: text(email), phone: text(phone), userType: userType.name, roles }
}
