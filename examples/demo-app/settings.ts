/** What the demo application is told by its environment. */
export interface DemoSettings {
  readonly issuer: URL
  readonly port: number
  /** Where a browser finds the demo. Links are made from this, never from a Host header. */
  readonly baseUrl: URL
  readonly clientId: string
  readonly clientSecret: string
  /** The `aud` of its access tokens, which the orders API beside it asks for. */
  readonly audience: string
}

export type SettingsResult =
  | { readonly ok: true; readonly settings: DemoSettings }
  | { readonly ok: false; readonly problems: readonly string[] }

export function readSettings(env: Readonly<Record<string, string | undefined>>): SettingsResult {
  const issuer = parseHttpUrl(env['DEMO_ISSUER'] ?? 'http://localhost:3000')
  const port = Number(env['DEMO_PORT'] ?? '3001')
  const clientId = env['DEMO_CLIENT_ID'] ?? ''
  const clientSecret = env['DEMO_CLIENT_SECRET'] ?? ''
  const problems: string[] = []
  if (issuer === null) problems.push('DEMO_ISSUER: must be a URL that begins with http:// or https://')
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    problems.push('DEMO_PORT: must be a whole number from 1 to 65535')
  if (clientId === '') problems.push('DEMO_CLIENT_ID: must be the id of a client that the provider knows')
  if (clientSecret === '') problems.push('DEMO_CLIENT_SECRET: must be the secret of that client')
  if (issuer === null || problems.length > 0) return { ok: false, problems }
  const baseUrl = new URL(`http://localhost:${port}/`)
  const audience = env['DEMO_AUDIENCE'] || new URL('/api', issuer).href
  return { ok: true, settings: { issuer, port, baseUrl, clientId, clientSecret, audience } }
}

function parseHttpUrl(text: string): URL | null {
  const url = URL.parse(text)
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : null
}
