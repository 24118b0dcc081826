import type { RequestListener } from 'node:http'

/**
 * Two applications on one port, so that the API needs no setting of its own. They share nothing but that: what is
 * below `/orders` is the API's, and it is called over HTTP as if it were elsewhere.
 */
export function ordersBeside(demo: RequestListener, orders: RequestListener): RequestListener {
  return (request, response) => {
    const isOrders = /^\/orders(?:[/?]|$)/.test(request.url ?? '')
    return (isOrders ? orders : demo)(request, response)
  }
}
