import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { sha256 } from '../lib/hash.ts'

export interface Asset {
  readonly type: string
  readonly body: Buffer
}

/** Stylesheets and images that our own pages load; each address names its content, so it may be kept forever. */
export interface Assets {
  /** `/assets/<name>?v=<hash>`. Throws for a name that is not there. */
  url(name: string): string
  has(name: string): boolean
  find(name: string): Asset | null
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export const BRAND_SHEET = 'brand.css'

/** Reads the folder once. `brandColor` is a CSS colour of the deployment; with one there is a `brand.css`. */
export function openAssets(folder: string, brandColor: string | null): Assets {
  const bodies = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
  if (brandColor !== null) bodies.set(BRAND_SHEET, Buffer.from(`:root { --brand: ${brandColor}; }\n`))
  const urls = new Map(
    [...bodies].map(([name, body]) => [
      name,
      `/assets/${name}?v=${sha256(body).toString('hex').slice(0, 16)}`,
    ]),
  )
  return {
    url(name) {
      const url = urls.get(name)
      if (url === undefined) throw new Error(`There is no asset ${name}.`)
      return url
    },
    has: (name) => bodies.has(name),
    find(name) {
      const body = bodies.get(name)
      return body ? { type: TYPES[extname(name)] ?? 'application/octet-stream', body } : null
    },
  }
}
