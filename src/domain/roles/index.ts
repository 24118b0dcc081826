/**
 * What a person may claim right now: derived from user type, register and direct grants, never stored, so that a
 * change shows in the very next token. Called by oidc.
 */
export { createRoles, type Roles } from './roles.ts'
