/** People that the servers know from their start. */
export const PASSWORD = 'quiet-harbour-eleven-lamps'

/** What every code is: see latchkey-server.ts. */
export const CODE = '000000'

export function emailOf(person: number): string {
  return `person-${person}@example.org`
}

export function disabledEmailOf(person: number): string {
  return `disabled-${person}@example.org`
}
