import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInstance } from 'i18next'
import type english from '../../views/locales/en.json'
import { type Html, toMarkup, trusted } from './html.ts'

type WithoutPlural<Key extends string> = Key extends `${infer Base}_one` | `${infer Base}_other` ? Base : Key

type KeysOf<Part> = {
  [Key in keyof Part & string]: Part[Key] extends string ? WithoutPlural<Key> : `${Key}.${KeysOf<Part[Key]>}`
}[keyof Part & string]

/** The name of a text in the catalogue, such as `signIn.title`; one with plural forms is named once. */
export type TextKey = KeysOf<typeof english>

export type TextValues = Readonly<Record<string, string | number>>

/** A text that a page will say, before its language is known. */
export interface Text {
  readonly key: TextKey
  readonly values?: TextValues
}

/** One language's way to say things. What it lacks is said in English. */
export interface Speech {
  readonly language: string
  readonly direction: 'ltr' | 'rtl'
  /** The BCP 47 tag by which Intl writes its dates. */
  readonly dates: string
  /** Plain text: whoever puts it into a page escapes it. `count` among the values picks the plural. */
  t(key: TextKey, values?: TextValues): string
  /** The same as markup: the text and its values are escaped here, values that are markup are left alone. */
  th(key: TextKey, values?: Readonly<Record<string, string | number | Html>>): Html
}

export interface Texts {
  /** Codes of all languages, the deployment's own first: what to negotiate with a browser. */
  readonly languages: readonly string[]
  /** The nearest language there is: `en` for `en-IN`, the deployment's own for one nobody translated. */
  in(language: string): Speech
}

const FALLBACK = 'en'

/** Opens `<language>.json`, a file per language, from the folder `locales`. */
export function openTexts(locales: string, own: string): Texts {
  const catalogues = readCatalogues(locales)
  const catalogue = createInstance()
  // The values are escaped by whoever knows where a text goes; escaping here too would do it twice.
  void catalogue.init({
    initAsync: false,
    resources: Object.fromEntries([...catalogues].map(([language, texts]) => [language, { texts }])),
    defaultNS: 'texts',
    ns: ['texts'],
    lng: FALLBACK,
    fallbackLng: FALLBACK,
    interpolation: { escapeValue: false },
  })

  function speech(language: string): Speech {
    const speak = catalogue.getFixedT(language)
    // Values go under `replace`: as options a value called `lng` or `context` would steer i18next itself; and
    // `nest` is off, or a person named `$t(…)` could call up other texts.
    const say = (key: TextKey, values: Readonly<Record<string, string | number>>): string => {
      const { count } = values
      return speak(key, {
        replace: values,
        nest: false,
        ...(typeof count === 'number' ? { count } : {}),
      })
    }
    return {
      language,
      direction: say('language.direction', {}) === 'rtl' ? 'rtl' : 'ltr',
      dates: say('language.dates', {}),
      t: (key, values = {}) => say(key, values),
      th: (key, values = {}) => withMarkup(values, (stand) => say(key, stand)),
    }
  }

  const speeches = new Map([...catalogues.keys()].map((language) => [language, speech(language)]))
  const fallback = speech(speeches.has(own) ? own : FALLBACK)
  return {
    languages: [...speeches.keys()].sort((a, b) => Number(b === own) - Number(a === own)),
    in: (language) => speeches.get(language) ?? speeches.get(language.split('-')[0] ?? '') ?? fallback,
  }
}

function readCatalogues(locales: string): Map<string, object> {
  const files = readdirSync(locales).filter((name) => name.endsWith('.json'))
  return new Map(
    files.sort().map((name) => [name.slice(0, -5), JSON.parse(readFileSync(join(locales, name), 'utf8'))]),
  )
}

/** Characters for private use, which no text has: they hold the place of a value while the text is escaped. */
const PLACE = /\uE000(\d+)\uE001/g

function withMarkup(
  values: Readonly<Record<string, string | number | Html>>,
  say: (places: Readonly<Record<string, string | number>>) => string,
): Html {
  const given = Object.values(values)
  const places = Object.keys(values).map((name, at) => {
    const value = given[at]
    return [name, typeof value === 'number' ? value : `\uE000${at}\uE001`] as const
  })
  const text = toMarkup(say(Object.fromEntries(places)))
  return trusted(text.replace(PLACE, (_, at) => toMarkup(given[Number(at)])))
}
