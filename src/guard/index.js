/**
 * For other people's APIs: verify an access token, require roles and scopes, follow the revocation feed. Published as
 * `latchkey/guard`, so it is plain JavaScript (Node strips no types below node_modules) and stands alone: it imports
 * nothing of ours and of packages `jose` only. Knows the issuer by its discovery document; called by nobody here.
 */
export { createGuard } from './guard.js'
