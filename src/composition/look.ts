import { join } from 'node:path'
import type { Context } from 'koa'
import type { Keys } from '../domain/keys/index.ts'
import { createAskerOf } from '../http/asker.ts'
import { logoName, openAssets } from '../http/assets.ts'
import { createClientIp } from '../http/client-ip.ts'
import { createCsrf } from '../http/csrf.ts'
import { createRender } from '../http/render.ts'
import { createShow, languageOf } from '../http/show.ts'
import type { Random } from '../lib/ids.ts'
import type { Settings } from '../settings/index.ts'

const VIEWS = join(import.meta.dirname, '..', '..', 'views')

export type Look = ReturnType<typeof createLook>

/** What every page and every form needs. */
export function createLook(settings: Settings, keys: Keys, random: Random) {
  const { pages } = settings
  const secureCookies = settings.issuer.startsWith('https:')
  const assets = openAssets(join(VIEWS, 'assets'), {
    brandColor: pages.brandColor,
    logoFile: pages.logo?.file ?? null,
  })
  const render = createRender({
    viewsDir: VIEWS,
    assets,
    brand: {
      productName: pages.productName,
      logoUrl: pages.logo === null ? null : assets.url(logoName(pages.logo.file)),
      helpUrl: pages.helpUrl,
      privacyUrl: pages.privacyUrl,
    },
    host: new URL(settings.issuer).hostname,
    language: pages.language,
    timeZone: pages.timeZone,
  })
  const csrf = createCsrf({ key: keys.dataKey('cookies').key, secureCookies, random })
  const clientIp = createClientIp(settings.trustedProxies)
  return {
    secureCookies,
    cookieKeys: keys.dataKeys('cookies').map(({ key }) => Buffer.from(key).toString('base64url')),
    assets,
    render,
    csrf,
    show: createShow(render, csrf),
    clientIp,
    askerOf: createAskerOf(clientIp),
    languageOf: (ctx: Context) => languageOf(ctx, render),
  }
}
