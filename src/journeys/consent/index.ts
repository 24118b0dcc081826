/**
 * Consent: which of a person's data and rights an application gets, as the person decides. Owns the page and the
 * answer to it; what is asked, and what an answer gives, is oidc's. Mounted by app at /interaction/:uid/consent,
 * where sign-in sends a person whose interaction waits for it.
 */
export { type ConsentParts, consentRoutes } from './routes.ts'
