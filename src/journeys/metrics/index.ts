/** Figures for Prometheus, in development on the main port; in production they have a port of their own. Mounted by app. */
export { metricsRoutes } from './routes.ts'
