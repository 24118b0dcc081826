/** Nobody reads more languages than that; the rest of a longer list is not looked at. */
const MOST_LOCALES = 20

/** The `ui_locales` of a request (OIDC Core §3.1.2.1): BCP 47 tags, best first. */
export function localesOf(parameter: unknown): string[] {
  if (typeof parameter !== 'string') return []
  return parameter.split(' ', MOST_LOCALES).filter((tag) => /^[A-Za-z0-9-]{1,35}$/.test(tag))
}

/** Notes them where `languageOf` of http/show.ts looks, which knows nothing of OIDC. */
export function preferLocales(ctx: { state: Record<string, unknown> }, parameter: unknown): void {
  ctx.state['uiLocales'] = localesOf(parameter)
}
