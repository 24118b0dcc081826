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
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
}

export const BRAND_SHEET = 'brand.css'

/** What a deployment brings of its own: a CSS colour, an image file. */
export interface OwnAssets {
  readonly brandColor: string | null
  readonly logoFile: string | null
}

/** The name under which the deployment's own logo is served. */
export function logoName(file: string): string {
  return `own-logo${extname(file).toLowerCase()}`
}

/** Reads the folder once. With a colour of the deployment there is a `brand.css`, with a file of it a logo. */
export function openAssets(folder: string, { brandColor, logoFile }: OwnAssets): Assets {
  const bodies = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
  if (brandColor !== null) bodies.set(BRAND_SHEET, Buffer.from(`:root { --brand: ${brandColor}; }\n`))
  if (logoFile !== null) bodies.set(logoName(logoFile), readFileSync(logoFile))
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
