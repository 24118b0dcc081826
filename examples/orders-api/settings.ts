/** What the API is told by its environment. */
export interface OrdersSettings {
  readonly issuer: string
  /** The `aud` that tokens for this API have. */
  readonly audience: string
  readonly port: number
}

export type SettingsResult =
  | { readonly ok: true; readonly settings: OrdersSettings }
  | { readonly ok: false; readonly problems: readonly string[] }

export function readSettings(env: Readonly<Record<string, string | undefined>>): SettingsResult {
  const issuer = env['ORDERS_ISSUER'] ?? 'http://localhost:3000'
  const audience = env['ORDERS_AUDIENCE'] ?? `${issuer}/api`
  const port = Number(env['ORDERS_PORT'] ?? '3002')
  const problems: string[] = []
  if (!/^https?:$/.test(URL.parse(issuer)?.protocol ?? ''))
    problems.push('ORDERS_ISSUER: must be a URL that begins with http:// or https://')
  if (audience === '') problems.push('ORDERS_AUDIENCE: must be the identifier of this API at the issuer')
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    problems.push('ORDERS_PORT: must be a whole number from 1 to 65535')
  return problems.length > 0 ? { ok: false, problems } : { ok: true, settings: { issuer, audience, port } }
}
