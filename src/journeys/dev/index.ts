/** Development only: the outbox, which shows what would have been sent. Mounted by app where mode allows it. */
export { type PreviewParts, previewRoutes } from './messages.ts'
export { type DevParts, devRoutes } from './routes.ts'
