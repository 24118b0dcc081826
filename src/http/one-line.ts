/** Ends a line or is none of the text: control, line and paragraph ends. */
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu
/** Draws nothing or turns text around: format (all that have to do with direction), default-ignorable, half surrogates. */
const UNSEEN = /[\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]+/gu
const LONGEST = 80

/**
 * What others have named, for a message: one line of a bounded length, without what could hide, turn around or push
 * away the words beside it. Markup is escaped elsewhere, by whoever knows that it goes into HTML.
 */
export function oneLine(text: string, longest = LONGEST): string {
  const line = text.normalize('NFC').replace(BREAKS, ' ').replace(UNSEEN, '').replace(/\s+/gu, ' ').trim()
  const characters = Array.from(line)
  return characters.length <= longest
    ? line
    : `${characters
        .slice(0, longest - 1)
        .join('')
        .trimEnd()}…`
}
