/**
 * The one canonical form of everything a person types to be recognised (security.md rule 10). Made here, once,
 * before any lookup, index, counter or record: two spellings of one identifier are the same bytes afterwards.
 */
import { domainToASCII } from 'node:url'
import { getCountries, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/core'
// The small metadata: it has every country's lengths and prefixes, which is all that a canonical form needs. The
// larger sets add types of line, and `core` without the rest of the package spares 14 MB of memory.
import metadata from 'libphonenumber-js/min/metadata'

/** Where an identifier is unique; see domain/accounts. */
export interface CanonicalIdentifier {
  readonly space: 'email' | 'phone' | 'name'
  readonly value: string
}

/** Longer texts are refused before they are looked at; NFKC can make a text 18 times longer. */
const LONGEST_TYPED = 1024
const LONGEST_EMAIL_BYTES = 254
const LONGEST_LOCAL_PART_BYTES = 64
const LONGEST_NAME = 64
const LONGEST_PHONE_TYPED = 64
const LONGEST_CODE_TYPED = 64

/** Draws nothing or turns text around: default-ignorable, format, control, half surrogates, braille blank. */
const INVISIBLE = /[[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{Cs}\u2800]--[\t\n\v\f\r]]/gv
const WHITE_SPACE = /\s+/g
/** RFC 5321 §4.1.2 dot-string, with RFC 6531 letters; no quoted form, which nobody has. */
const LOCAL_PART = /^[^\s@"(),:;<>[\\\].]+(?:\.[^\s@"(),:;<>[\\\].]+)*$/
/** domainToASCII takes what stands before "/", "?", "#" or ":" of anything, so nothing else may reach it. */
const DOMAIN_TYPED = /^[a-z0-9.\-\u0080-\u{10ffff}]+$/iu
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/
const LONGEST_DOMAIN = 253
const PHONE_TYPED = /^[\d ()./·~\u2212\p{Pd}]+$/u
/** Those of ASCII stay as they are, and nearly all are. */
const FOREIGN_DIGIT = /[\p{Nd}--[0-9]]/gv
const DROPPED_IN_CODE = /[\s.·\u2212\p{Pd}]/gu

/** An email address as it is stored, looked up and written to; null when it is none. */
export function canonicalEmail(text: string): string | null {
  const cleaned = clean(text)
  if (cleaned === null) return null
  const at = cleaned.lastIndexOf('@')
  if (at < 1) return null
  const local = lowerCase(cleaned.slice(0, at))
  if (!LOCAL_PART.test(local) || Buffer.byteLength(local) > LONGEST_LOCAL_PART_BYTES) return null
  const domain = canonicalDomain(cleaned.slice(at + 1))
  if (domain === null) return null
  const email = `${local}@${domain}`
  return Buffer.byteLength(email) > LONGEST_EMAIL_BYTES ? null : email
}

/**
 * A phone number in E.164; null when it can be none. `region` (ISO 3166, such as IN) reads numbers without a
 * country code; null reads none of them.
 */
export function canonicalPhone(text: string, region: string | null): string | null {
  const cleaned = clean(text)
  if (cleaned === null || cleaned.length > LONGEST_PHONE_TYPED) return null
  const typed = asciiDigits(cleaned).replace(/^tel:/i, '')
  if (!PHONE_TYPED.test(typed.replace('+', ''))) return null
  const digits = typed.replace(/[^\d+]/g, '')
  if (digits.indexOf('+') > 0) return null
  // 00 is the prefix of international calls in most of the world (ITU-T E.164) and begins no national number.
  const number = parsePhone(digits.replace(/^00/, '+'), region)
  // Possible, not valid: ranges that were handed out after the metadata was made must not lock their owners out.
  return number?.isPossible() ? number.number : null
}

/** A user id or employee id; null when it is empty, too long, or of the shape of another kind of identifier. */
export function canonicalName(text: string): string | null {
  const cleaned = clean(text)
  if (cleaned === null) return null
  const name = foldCase(cleaned)
  // An id that looks like an address or an international number would pose as somebody's contact.
  if (name.includes('@') || name.startsWith('+')) return null
  return [...name].length > LONGEST_NAME ? null : name
}

/**
 * What a person who types this into the one identifier field may mean, in the order in which to look: ten digits
 * can be a phone number or an employee id. Empty when nobody can have it. The first is also what limits count by.
 */
export function canonicalIdentifier(text: string, region: string | null): CanonicalIdentifier[] {
  const email = canonicalEmail(text)
  if (email !== null) return [{ space: 'email', value: email }]
  const found: CanonicalIdentifier[] = []
  const phone = canonicalPhone(text, region)
  if (phone !== null) found.push({ space: 'phone', value: phone })
  const name = canonicalName(text)
  if (name !== null) found.push({ space: 'name', value: name })
  return found
}

/** A one-time code as typed or pasted: digits of any script as ASCII, without spaces, hyphens, dots. */
export function canonicalCode(text: string): string {
  const cleaned = clean(text)
  if (cleaned === null || cleaned.length > LONGEST_CODE_TYPED) return ''
  return asciiDigits(cleaned).replace(DROPPED_IN_CODE, '')
}

/** Made once: the library makes the list anew each time it is asked. */
const COUNTRIES = getCountries(metadata)

/** Parses a number of digits, with "+" before them when a country code stands there. */
export function parsePhone(digits: string, region: string | null): PhoneNumber | undefined {
  const country = COUNTRIES.find((known) => known === region)
  return parsePhoneNumberFromString(
    digits,
    { extract: false, ...(country && { defaultCountry: country }) },
    metadata,
  )
}

/** Country calling code of a number in E.164, such as 91; null when it has none that is known. */
export function callingCodeOf(phone: string): string | null {
  return parsePhone(phone, null)?.countryCallingCode ?? null
}

/** Country (ISO 3166-1) of a number in E.164; null when the number belongs to none, or to one of several. */
export function countryOf(phone: string): string | null {
  return parsePhone(phone, null)?.country ?? null
}

/** NFKC, without invisible characters, white space as single spaces, trimmed; null when nothing or too much is left. */
function clean(text: string): string | null {
  if (text.length > LONGEST_TYPED) return null
  // Twice: what stood apart by an invisible character may compose now.
  const visible = text.normalize('NFKC').replace(INVISIBLE, '').normalize('NFKC')
  const cleaned = visible.replace(WHITE_SPACE, ' ').trim()
  return cleaned === '' ? null : cleaned
}

/** Lower case and nothing more: folding ß to ss in an address would write to another mailbox. */
function lowerCase(text: string): string {
  return Array.from(text, (character) => character.toLowerCase()).join('')
}

/** Full case folding by character, so that a final sigma folds like any other. Dotless ı is no i (Unicode CaseFolding). */
function foldCase(text: string): string {
  // Down first: capital ẞ is its own upper case, the small one's is SS.
  const fold = (character: string) => character.toLowerCase().toUpperCase().toLowerCase()
  return Array.from(text, (character) => (character === 'ı' ? character : fold(character)))
    .join('')
    .normalize('NFKC')
}

function canonicalDomain(text: string): string | null {
  // The dot at the end of a fully written name is no part of an address (RFC 5321 §2.3.5).
  const typed = text.replaceAll('。', '.').replace(/\.$/, '')
  if (!DOMAIN_TYPED.test(typed)) return null
  const domain = domainToASCII(typed)
  return domain.length <= LONGEST_DOMAIN && DOMAIN.test(domain) ? domain : null
}

/** The digits of every script as 0 to 9: a keyboard gives those of its language. */
function asciiDigits(text: string): string {
  return text.replace(FOREIGN_DIGIT, digitValue)
}

function digitValue(digit: string): string {
  const point = digit.codePointAt(0) ?? 0
  let zero = point
  // The ten digits of a script stand together, zero first (The Unicode Standard, chapter 4.6); two sets may touch.
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1
  return String((point - zero) % 10)
}

/**
 * A name or a remark as it is stored and shown: NFC, nothing invisible in it, white space as single spaces; null
 * when nothing is left. Case and width stay as they were typed.
 */
export function canonicalText(text: string): string | null {
  const visible = text.normalize('NFC').replace(INVISIBLE, '').normalize('NFC')
  const cleaned = visible.replace(WHITE_SPACE, ' ').trim()
  return cleaned === '' ? null : cleaned
}

/** What two spellings of one name have in common: for comparison and uniqueness, never to be shown. */
export function comparableText(text: string): string {
  const cleaned = canonicalText(text)
  return cleaned === null ? '' : foldCase(cleaned.normalize('NFKC').replace(WHITE_SPACE, ' ').trim())
}

/** Digits of any script as ASCII, without what people put between them; null when anything else is there. */
export function canonicalDigits(text: string): string | null {
  const digits = canonicalCode(text)
  return /^\d+$/.test(digits) ? digits : null
}
