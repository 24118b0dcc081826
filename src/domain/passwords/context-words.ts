/** What a guesser would try first, because it stands beside the password. */
export interface ContextSource {
  readonly productName: string
  /** Email, phone, user id, employee id: whatever of them the person has. */
  readonly identifiers: readonly string[]
}

/** The words that may not be a password of this person, alone or repeated. */
export function contextWords({ productName, identifiers }: ContextSource): string[] {
  const localParts = identifiers.flatMap((identifier) => {
    const at = identifier.lastIndexOf('@')
    return at > 0 ? [identifier.slice(0, at)] : []
  })
  return [productName, ...identifiers, ...localParts]
}
