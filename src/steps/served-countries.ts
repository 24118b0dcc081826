import type { LimitsSettings } from '../domain/limits/index.ts'

/** Countries (ISO 3166-1) whose numbers are taken; none allowed by name: every one that is not refused. */
export type ServedCountries = Pick<LimitsSettings['send'], 'allowCountries' | 'refuseCountries'>

/** A number of no country is taken only where nothing is allowed by name. */
export function isServed(
  country: string | null,
  { allowCountries, refuseCountries }: ServedCountries,
): boolean {
  if (country !== null && refuseCountries.includes(country)) return false
  return allowCountries.length === 0 || (country !== null && allowCountries.includes(country))
}
