/** What a load balancer asks of one node: is it alive, may it get requests. Mounted by app. */
export { healthRoutes, type ReadyCheck } from './routes.ts'
