/** What the orders API answered to a call with somebody's access token. */
export type OrdersAnswer =
  | { readonly ok: true; readonly items: readonly string[] }
  | { readonly ok: false; readonly error: string; readonly description: string }

const ANSWERS_WITHIN_MS = 5000

/** Calls the API as any application would: over HTTP, with the token and nothing else. */
export async function callOrders(url: URL, accessToken: string): Promise<OrdersAnswer> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${accessToken}` },
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    })
    const body: unknown = await response.json()
    if (response.ok) return { ok: true, items: itemsOf(body) }
    const code = textOf(body, 'code')
    return {
      ok: false,
      error: code === '' ? `status ${response.status}` : `${response.status} ${code}`,
      description: textOf(body, 'detail') || 'The orders API refused the token.',
    }
  } catch {
    return { ok: false, error: 'no answer', description: 'The orders API does not answer.' }
  }
}

function itemsOf(body: unknown): string[] {
  const orders: unknown = isObject(body) ? Reflect.get(body, 'orders') : null
  return Array.isArray(orders) ? orders.map((order: unknown) => textOf(order, 'item')) : []
}

function textOf(value: unknown, name: string): string {
  const text: unknown = isObject(value) ? Reflect.get(value, name) : null
  return typeof text === 'string' ? text : ''
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
