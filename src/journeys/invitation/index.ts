/**
 * An invitation: its link → what it is for → details and password → the account is the person's own. Mounted by app
 * at /invitation. Opening a page uses nothing up.
 */
export { type InvitationParts, invitationRoutes } from './routes.ts'
export type { InvitationState } from './state.ts'
