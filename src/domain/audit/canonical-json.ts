export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json | undefined
}

/** JSON with sorted names and no spaces, in the manner of RFC 8785: one value has one text. */
export function canonicalJson(value: object): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    const isPlain = typeof member === 'object' && member !== null && !Array.isArray(member)
    return isPlain ? Object.fromEntries(Object.entries(member).sort(byName)) : member
  })
}

/** By UTF-16 code units; no two names are equal. */
function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
