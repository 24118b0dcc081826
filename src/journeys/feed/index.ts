/**
 * The revocation feed: what APIs that verify offline are told of what has died, and the stream that wakes them. Owns
 * when a document is signed anew and who listens. What is dead the domain says. Mounted by app.
 */
export { FEED_PATH, type Feed, feedRoutes } from './routes.ts'
