import { parsePhone } from './canonical.ts'

/** A contact that its owner recognises and nobody else learns. */
export interface Masked {
  /** What the eye sees: `+91 ••••• ••210`, `a••••@police.example`. */
  readonly shown: string
  /** What a sentence for the ear ends with: the last digits of a phone, the domain of an address. */
  readonly spoken: string
}

const DOT = '•'
const DIGITS_SHOWN = 3

/** Masks a number in E.164, grouped as its country writes it. */
export function maskPhone(phone: string): Masked {
  const parsed = parsePhone(phone, null)
  const code = parsed ? `+${parsed.countryCallingCode}` : ''
  const written = parsed?.formatInternational() ?? phone
  const national = written.slice(code.length)
  const digits = national.replace(/\D/g, '')
  // Of a very short number three digits would be most of it.
  const kept = Math.min(DIGITS_SHOWN, Math.floor(digits.length / 2))
  let hidden = digits.length - kept
  const masked = national.replace(/\d/g, (digit) => (hidden-- > 0 ? DOT : digit))
  return { shown: code + masked, spoken: digits.slice(digits.length - kept) }
}

/** Masks an address in canonical form. Always four dots: the length of a name is nobody's business either. */
export function maskEmail(email: string): Masked {
  const at = email.lastIndexOf('@')
  const local = Array.from(email.slice(0, Math.max(at, 0)))
  const domain = email.slice(at + 1)
  const first = local.length > 1 ? local[0] : ''
  return { shown: `${first}${DOT.repeat(4)}@${domain}`, spoken: domain }
}
