/**
 * @import { AccessTokenClaims, Reason, Requirements } from './api.d.ts'
 */

const NAMES = /** @type {const} */ (['roles', 'allRoles', 'scopes'])
/** Scopes and roles travel in headers: scope-token of RFC 6749 §3.3. */
const NAME = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * A list that is empty, or no list, would pass everybody or nobody, and which of the two is anybody's guess.
 *
 * @param {Requirements} required
 * @returns {Requirements}
 */
export function readRequirements(required) {
  for (const name of NAMES) {
    const list = required[name]
    if (list === undefined) continue
    if (!Array.isArray(list) || list.length === 0 || !list.every((one) => NAME.test(one)))
      throw new TypeError(`${name}: must be a list with at least one name in it`)
  }
  return { roles: required.roles, allRoles: required.allRoles, scopes: required.scopes }
}

/**
 * @param {AccessTokenClaims} claims
 * @param {Requirements} required
 * @returns {Reason | null}
 */
export function findMissing(claims, { roles, allRoles, scopes }) {
  if (scopes !== undefined) {
    const granted = (claims.scope ?? '').split(' ')
    if (!scopes.every((one) => granted.includes(one))) return 'insufficient-scope'
  }
  const held = claims.roles ?? []
  if (roles !== undefined && !roles.some((one) => held.includes(one))) return 'insufficient-roles'
  if (allRoles !== undefined && !allRoles.every((one) => held.includes(one))) return 'insufficient-roles'
  return null
}
