import { AppError } from '../../lib/errors.ts'
import { isSecretKey, scrub } from '../../lib/redact.ts'
import type { Json, JsonObject } from './canonical-json.ts'

/**
 * A record is kept for good and read by many. A field that is named like a secret is a mistake of the caller and
 * throws; a token inside a text is taken out.
 */
export function withoutSecrets(details: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => {
      if (isSecretKey(name)) throw new AppError('secret_in_record', 500, `A record must not hold "${name}"`)
      return [name, value === undefined ? value : clean(value)]
    }),
  )
}

function clean(value: Json): Json {
  if (typeof value === 'string') return scrub(value)
  if (typeof value !== 'object' || value === null) return value
  return isArray(value) ? value.map(clean) : withoutSecrets(value)
}

/** Array.isArray does not narrow readonly arrays. */
function isArray(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value)
}
