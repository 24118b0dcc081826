/**
 * What providers report of messages they were handed: delivered, failed, bounced. Owns who is believed: Twilio by its
 * signature over our address, Resend by that of its webhook. Mounted by app at /callbacks.
 */
export { type CallbackParts, callbackRoutes } from './routes.ts'
