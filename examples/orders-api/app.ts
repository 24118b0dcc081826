import Router from '@koa/router'
import Koa, { type Context } from 'koa'
import type { AccessTokenClaims, Guard } from 'latchkey/guard'

interface Order {
  readonly id: string
  readonly owner: string
  readonly item: string
}

const MOST_CUSTOMERS = 100
const ITEMS = ['A lamp', 'Two chairs', 'A kettle']

/**
 * An API behind the guard. It keeps no sessions and asks the issuer nothing on the way of a request: who may do what
 * stands in the token, and whether the token still counts the guard knows.
 */
export function createOrdersApi(guard: Guard): Koa {
  const app = new Koa()
  const router = new Router()
    .get('/health', showHealth)
    .get('/orders', guard.koa(), listOwnOrders)
    .get('/orders/all', guard.koa({ roles: ['moderator', 'admin'] }), listAllOrders)
  const customers = new Set<string>()

  /** Revocations that are not known make the guard refuse everything: a balancer can look elsewhere. */
  function showHealth(ctx: Context): void {
    const status = guard.status()
    ctx.status = status.fresh ? 200 : 503
    ctx.body = status
  }

  function listOwnOrders(ctx: Context): void {
    const { sub } = claimsOf(ctx)
    if (customers.size < MOST_CUSTOMERS) customers.add(sub)
    ctx.body = { orders: ordersOf(sub) }
  }

  function listAllOrders(ctx: Context): void {
    ctx.body = { orders: [...customers].flatMap(ordersOf) }
  }

  app.use(router.routes())
  app.use(router.allowedMethods())
  return app
}

function claimsOf(ctx: Context): AccessTokenClaims {
  return ctx.state['auth']
}

/** Everybody has ordered the same. */
function ordersOf(owner: string): readonly Order[] {
  return ITEMS.map((item, index) => ({ id: `${owner}-${index + 1}`, owner, item }))
}
