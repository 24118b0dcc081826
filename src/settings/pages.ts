import { extname } from 'node:path'
import { z } from 'zod'
import type { Environment, Variable, WithFallback } from './environment.ts'
import type { Problems } from './problems.ts'
import type { SettingsIo } from './settings-io.ts'

/** What pages and messages show of whoever runs this Latchkey. */
export interface PagesSettings {
  readonly productName: string
  /** The deployment's own, an absolute path; null for Latchkey's. */
  readonly logo: { readonly file: string; readonly mediaType: 'image/svg+xml' | 'image/png' } | null
  /** `#rrggbb`; null for Latchkey's. */
  readonly brandColor: string | null
  readonly helpUrl: string | null
  readonly privacyUrl: string | null
  /** BCP 47. */
  readonly language: string
  /** IANA name, or an offset such as +05:30. */
  readonly timeZone: string
  /** ISO 3166-1: the country of a phone number that is typed without one; null asks for the country code. */
  readonly phoneRegion: string | null
}

const LOGO_TYPES: Readonly<Record<string, 'image/svg+xml' | 'image/png'>> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}
const LARGEST_LOGO_BYTES = 256 * 1024

const productNameVariable: WithFallback<string> = {
  name: 'LATCHKEY_PRODUCT_NAME',
  shown: 'Latchkey',
  fallback: 'Latchkey',
  meaning: 'the name on pages and in messages',
  // It also stands in the subject of an email, where a line break would begin another header.
  schema: z.string().regex(/^[^\p{C}]{1,60}$/u, 'must be 1 to 60 characters on one line'),
}

const logoVariable: Variable<string> = {
  name: 'LATCHKEY_LOGO',
  shown: "Latchkey's",
  fallback: null,
  meaning: 'path of an `.svg` or `.png` file, at most 256 KB',
  schema: z.string().refine((value) => logoType(value) !== null, 'must be the path of an .svg or .png file'),
}

const brandVariable: Variable<string> = {
  name: 'LATCHKEY_BRAND',
  shown: "Latchkey's",
  fallback: null,
  meaning: 'colour of buttons and links, such as `#0a5c69`; any colour stays readable',
  schema: z
    .string()
    .regex(/^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i, 'must be a colour such as #0a5c69')
    .transform(sixDigits),
}

const webAddress = z
  .string()
  .refine(
    (value) => /^https?:\/\//i.test(value) && URL.canParse(value),
    'must be a web address such as https://help.example',
  )

const helpUrlVariable: Variable<string> = {
  name: 'LATCHKEY_HELP_URL',
  shown: 'none',
  fallback: null,
  meaning: 'where the link "Help" leads',
  schema: webAddress,
}

const privacyUrlVariable: Variable<string> = {
  name: 'LATCHKEY_PRIVACY_URL',
  shown: 'none',
  fallback: null,
  meaning: 'where the link "Privacy" leads',
  schema: webAddress,
}

const languageVariable: WithFallback<string> = {
  name: 'LATCHKEY_LANGUAGE',
  shown: '`en`',
  fallback: 'en',
  meaning: 'language of pages and messages',
  schema: z.string().transform((value, context) => {
    try {
      return new Intl.Locale(value).toString()
    } catch {
      context.addIssue('must be a language such as en or pt-BR')
      return value
    }
  }),
}

const timeZoneVariable: WithFallback<string> = {
  name: 'LATCHKEY_TIME_ZONE',
  shown: '`UTC`',
  fallback: 'UTC',
  meaning: 'zone of the clock times on pages and in messages',
  schema: z.string().refine(isTimeZone, 'must be a time zone such as Asia/Kolkata'),
}

const phoneRegionVariable: Variable<string> = {
  name: 'LATCHKEY_PHONE_REGION',
  shown: 'none',
  fallback: null,
  meaning: 'country of a phone number typed without its country code, such as `IN`',
  schema: z.string().refine(isRegion, 'must be a country of two capital letters, such as IN'),
}

export const pagesVariables: readonly Variable<unknown>[] = [
  productNameVariable,
  logoVariable,
  brandVariable,
  helpUrlVariable,
  privacyUrlVariable,
  languageVariable,
  timeZoneVariable,
  phoneRegionVariable,
]

export function readPages(environment: Environment, io: SettingsIo, problems: Problems): PagesSettings {
  return {
    productName: environment.read(productNameVariable),
    logo: readLogo(environment, io, problems),
    brandColor: environment.read(brandVariable),
    helpUrl: environment.read(helpUrlVariable),
    privacyUrl: environment.read(privacyUrlVariable),
    language: environment.read(languageVariable),
    timeZone: environment.read(timeZoneVariable),
    phoneRegion: environment.read(phoneRegionVariable),
  }
}

function readLogo(environment: Environment, io: SettingsIo, problems: Problems): PagesSettings['logo'] {
  const path = environment.read(logoVariable)
  const mediaType = path === null ? null : logoType(path)
  if (path === null || mediaType === null) return null
  const file = io.absolute(path)
  const bytes = io.readBytes(file)
  if (!bytes.ok) problems.add(logoVariable.name, `cannot read ${file}: ${bytes.why}`)
  else if (bytes.value.byteLength > LARGEST_LOGO_BYTES) {
    problems.add(logoVariable.name, 'must be a file of at most 256 KB')
  }
  return { file, mediaType }
}

function logoType(path: string): 'image/svg+xml' | 'image/png' | null {
  return LOGO_TYPES[extname(path).toLowerCase()] ?? null
}

function sixDigits(color: string): string {
  const digits = color.slice(1).toLowerCase()
  return `#${digits.length === 6 ? digits : digits.replace(/./g, '$&$&')}`
}

function isTimeZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function isRegion(value: string): boolean {
  if (!/^[A-Z]{2}$/.test(value)) return false
  return new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' }).of(value) !== undefined
}
