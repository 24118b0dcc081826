import type { LimitsSettings } from '../domain/limits/index.ts'
import { countryOf } from '../lib/canonical.ts'
import { isDearLine } from '../lib/phone-line.ts'

/** Countries (ISO 3166-1) whose numbers are taken; none allowed by name: every one that is not refused. */
export type ServedCountries = Pick<LimitsSettings['send'], 'allowCountries' | 'refuseCountries'>

/**
 * May codes be sent to this number (E.164)? One of no country is taken only where nothing is allowed by name; a line
 * that earns by being written to, or that nobody reads text messages on, never.
 */
export function isServed(phone: string, { allowCountries, refuseCountries }: ServedCountries): boolean {
  if (isDearLine(phone)) return false
  const country = countryOf(phone)
  if (country !== null && refuseCountries.includes(country)) return false
  return allowCountries.length === 0 || (country !== null && allowCountries.includes(country))
}
