import type { Account, AccountFields } from '../domain/accounts/index.ts'
import {
  type FieldDefinition,
  type FieldValue,
  type StoredUserType,
  shownValue,
  type UserType,
} from '../domain/user-types/index.ts'

/** What of a person is asked for: by scope, or claim by claim (OIDC Core §5.5). */
export interface AskedClaims {
  readonly scopes: ReadonlySet<string>
  readonly claims: ReadonlySet<string>
}

/** A field that a client may see: what people call it, and the person's own value as the client would get it. */
export interface ShownField {
  readonly label: string
  readonly value: string | null
}

/** Which claims the fields of these types put under which scope. Types may put one claim under different ones. */
export function claimsByFieldScope(types: readonly StoredUserType[]): Map<string, readonly string[]> {
  const claims = new Map<string, string[]>()
  for (const { scope, claim } of types.flatMap(({ type }) => type.fields)) {
    if (scope !== undefined && claim !== undefined) claims.set(scope, [...(claims.get(scope) ?? []), claim])
  }
  return claims
}

/**
 * The claims that a person's fields show, for what was asked and granted. Each under the scope that the person's
 * own type has it under; of a sensitive field its masked form.
 */
export function fieldClaims(
  accountFields: AccountFields,
  account: Account,
  userType: UserType,
  asked: AskedClaims,
): Record<string, FieldValue> {
  const opened = openedBy(userType.fields, asked)
  const values = valuesOf(accountFields, account, opened)
  return Object.fromEntries(
    opened.flatMap((field) => {
      const value = values.get(field.name)
      if (field.claim === undefined || value === undefined) return []
      return [[field.claim, field.sensitive ? shownValue(field, value) : value]]
    }),
  )
}

/**
 * The same for the person who is asked. What their own type has nothing for is told by what it opens of others:
 * they may become one of those, and what is agreed to now counts then.
 */
export function shownFields(
  accountFields: AccountFields,
  { account, userType }: { readonly account: Account; readonly userType: UserType },
  types: readonly StoredUserType[],
  asked: AskedClaims,
  isShownAlready: (claim: string) => boolean,
): ShownField[] {
  const opened = openedBy(userType.fields, asked)
  const own = opened.filter(({ claim = '' }) => !isShownAlready(claim))
  const values = valuesOf(accountFields, account, own)
  const shown = own.map((field): ShownField => {
    const value = values.get(field.name)
    return { label: field.label, value: value === undefined ? null : shownValue(field, value) }
  })
  const untold = without(asked, opened)
  const others = openedBy(
    types.flatMap(({ type }) => type.fields),
    untold,
  ).filter(({ claim = '' }) => !isShownAlready(claim))
  const labels = new Set(others.map(({ label }) => label))
  return [...shown, ...[...labels].map((label) => ({ label, value: null }))]
}

function openedBy(fields: readonly FieldDefinition[], { scopes, claims }: AskedClaims): FieldDefinition[] {
  return fields.filter(
    ({ scope, claim }) =>
      scope !== undefined && claim !== undefined && (scopes.has(scope) || claims.has(claim)),
  )
}

function without({ scopes, claims }: AskedClaims, told: readonly FieldDefinition[]): AskedClaims {
  const toldScopes = new Set(told.map(({ scope }) => scope))
  const toldClaims = new Set(told.map(({ claim }) => claim))
  return {
    scopes: new Set([...scopes].filter((scope) => !toldScopes.has(scope))),
    claims: new Set([...claims].filter((claim) => !toldClaims.has(claim))),
  }
}

/** Opens these alone: each sealed value costs. */
function valuesOf(
  accountFields: AccountFields,
  { id, fields }: Account,
  wanted: readonly FieldDefinition[],
): Map<string, FieldValue> {
  const names = new Set(wanted.map(({ name }) => name))
  const stored = Object.entries(fields).filter(([name]) => names.has(name))
  return new Map(Object.entries(accountFields.open({ id, fields: Object.fromEntries(stored) })))
}
