import type { Text, TextKey } from './texts.ts'

type IdentifierKind = 'email' | 'phone' | 'userId' | 'employeeId'

/** Whole phrases, not parts to join: how "or" is said differs between languages. */
const LABELS: Readonly<Record<string, TextKey>> = {
  email: 'signIn.identifier.email',
  phone: 'signIn.identifier.phone',
  userId: 'signIn.identifier.userId',
  'email phone': 'signIn.identifier.emailPhone',
  'email userId': 'signIn.identifier.emailUserId',
  'phone userId': 'signIn.identifier.phoneUserId',
  'email phone userId': 'signIn.identifier.emailPhoneUserId',
}

/** What the one field for an identifier is called, where people sign in with these kinds. */
export function identifierLabel(kinds: readonly IdentifierKind[]): Text {
  const named = (['email', 'phone', 'userId'] as const).filter((kind) => kinds.includes(kind))
  return { key: LABELS[named.join(' ')] ?? 'signIn.identifier.employeeId' }
}

/** Employee ids are named in the hint, unless there is nothing else to type. */
export function identifierHint(kinds: readonly IdentifierKind[]): Text | null {
  const mixed = kinds.includes('employeeId') && kinds.some((kind) => kind !== 'employeeId')
  return mixed ? { key: 'signIn.employeeHint' } : null
}
