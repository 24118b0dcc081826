import { type NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/core'
// The large metadata has the ranges of each type of line; no canonical form is made with it (see canonical.ts).
import metadata from 'libphonenumber-js/max/metadata'

/**
 * Lines whose owner is paid for what they receive, that forward for a share of the price, or that take no text
 * message: codes to them are how SMS pumping earns, and nobody signs in by one.
 */
const DEAR: ReadonlySet<NumberType> = new Set<NumberType>([
  'PREMIUM_RATE',
  'SHARED_COST',
  'TOLL_FREE',
  'PERSONAL_NUMBER',
  'UAN',
  'PAGER',
  'VOICEMAIL',
])

/** Of a number in E.164. A range that the metadata does not know, newly handed out, is no reason to refuse its owner. */
export function isDearLine(phone: string): boolean {
  return DEAR.has(parsePhoneNumberFromString(phone, metadata)?.getType())
}
