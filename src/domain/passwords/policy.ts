import { isListed } from './common-passwords.ts'

/** In code points of NFC, so that é counts once however it was typed. */
export const MAXIMUM_LENGTH = 128
const MINIMUM_WITH_CODE_BY_SMS = 8
const MINIMUM_ALONE = 15

/** Shorter pieces say nothing however often they are repeated: aaaa…, 121212…, abcabc…. */
const SHORTEST_PIECE = 4
/** A phone number is also known without its country and area code. */
const SHORTEST_PHONE_ENDING = 6

export type PolicyResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'too-short'; readonly minimum: number }
  | { readonly ok: false; readonly reason: 'too-long'; readonly maximum: number }
  | { readonly ok: false; readonly reason: 'common' | 'context-word' }

export interface PolicyOptions {
  /** Code points, from `minimumLength`. */
  readonly minimum: number
  readonly contextWords: readonly string[]
}

/**
 * The fewest code points of a password. A short one is enough only where a code by SMS always stands behind it
 * (NIST SP 800-63B-4 §3.1.1.2); email is no second factor, and a trusted device skips the code.
 */
export function minimumLength(otp: {
  readonly channels: readonly string[]
  readonly when: 'always' | 'new-device'
}): number {
  const alwaysBySms = otp.when === 'always' && otp.channels.every((channel) => channel === 'sms')
  return alwaysBySms ? MINIMUM_WITH_CODE_BY_SMS : MINIMUM_ALONE
}

/** May this password be chosen? No rule on what it is composed of: only its length, and what is guessed first. */
export function checkPolicy(password: string, { minimum, contextWords }: PolicyOptions): PolicyResult {
  const length = [...password.normalize('NFC')].length
  if (length < minimum) return { ok: false, reason: 'too-short', minimum }
  if (length > MAXIMUM_LENGTH) return { ok: false, reason: 'too-long', maximum: MAXIMUM_LENGTH }
  const plain = password.normalize('NFKC').toLowerCase()
  const bare = withoutSeparators(plain)
  const pieces = [bare, repeatedPiece(bare)]
  const known = contextWords.some((word) => pieces.some((piece) => isContextWord(piece, word)))
  if (known) return { ok: false, reason: 'context-word' }
  const common = isCommon(plain) || isCommon(bare) || isPairOfListed(plain)
  return common ? { ok: false, reason: 'common' } : { ok: true }
}

/** Listed, alone or repeated, or guessed without a list: aaaa…, abcabc…, abcdef… */
function isCommon(text: string): boolean {
  const piece = repeatedPiece(text)
  if (piece !== text && piece.length < SHORTEST_PIECE) return true
  return isListed(text) || isListed(piece) || isRun(text)
}

/** Two of the list side by side, as in password12345678; words kept apart by a space or a hyphen are let pass. */
function isPairOfListed(text: string): boolean {
  for (let cut = 1; cut < text.length; cut++) {
    if (isListed(text.slice(0, cut)) && isListed(text.slice(cut))) return true
  }
  return false
}

/** Each character next to the one before it, always in the same direction. */
function isRun(text: string): boolean {
  const steps = new Set<number>()
  for (let at = 1; at < text.length; at++) steps.add(text.charCodeAt(at) - text.charCodeAt(at - 1))
  return steps.size === 1 && (steps.has(1) || steps.has(-1))
}

function isContextWord(piece: string, word: string): boolean {
  const bareWord = withoutSeparators(word.normalize('NFKC').toLowerCase())
  if (piece === '' || bareWord === '') return false
  if (piece === bareWord) return true
  const digits = /^\d+$/
  if (!digits.test(piece) || !digits.test(bareWord) || piece.length < SHORTEST_PHONE_ENDING) return false
  return bareWord.endsWith(piece)
}

/**
 * The shortest piece that makes the text when it is repeated, the last time perhaps cut off; the text itself when
 * nothing is repeated. (The failure function of Knuth, Morris and Pratt: linear.)
 */
function repeatedPiece(text: string): string {
  const border = [0]
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = border[length - 1] ?? 0
    if (text[at] === text[length]) length++
    border[at] = length
  }
  const period = text.length - (border[text.length - 1] ?? 0)
  return period * 2 <= text.length ? text.slice(0, period) : text
}

function withoutSeparators(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}]/gu, '')
}
