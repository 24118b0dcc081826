/** RFC 3834 §5: nobody's holiday answers this. */
export const MAIL_HEADERS = { 'Auto-Submitted': 'auto-generated' } as const

const LONGEST_SUBJECT = 200
/** Control characters would end the header; the others turn around or hide what stands beside them. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]+/gu

/** Text for a header: one line, nothing unseen in it, of a bounded length. */
export function headerText(text: string): string {
  return [...text.replace(UNSEEN, ' ').trim()].slice(0, LONGEST_SUBJECT).join('')
}
