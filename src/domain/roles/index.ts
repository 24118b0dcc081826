/**
 * What a person may claim right now: derived from user type and direct grants, never stored, so that a change
 * shows in the very next token. Called by oidc.
 */
export { effectiveRoles } from './roles.ts'
