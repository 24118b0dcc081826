/** Clock times and dates as a page or a message says them, in the deployment's zone. */
export interface Times {
  /** 10:42:30 */
  second(at: Date): string
  /** 10:42 */
  minute(at: Date): string
  /** 21 November 2026 */
  day(at: Date): string
  /** 10:42, where the zone is said beside it. */
  clock(at: Date): string
  /** UTC+05:30, at that moment. */
  zone(at: Date): string
}

/** `dates` is the BCP 47 tag of the reader's language, `timeZone` an IANA name. */
export function createTimes(dates: string, timeZone: string): Times {
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone } as const
  const second = new Intl.DateTimeFormat(dates, { ...clock, second: '2-digit' })
  const minute = new Intl.DateTimeFormat(dates, clock)
  const day = new Intl.DateTimeFormat(dates, { day: 'numeric', month: 'long', year: 'numeric', timeZone })
  const offset = new Intl.DateTimeFormat('en', { timeZoneName: 'longOffset', timeZone })
  // UTC is what a deployment has that chose no zone: there a bare clock time would mislead most readers.
  const named = timeZone === 'UTC' ? ' UTC' : ''
  return {
    second: (at) => second.format(at) + named,
    minute: (at) => minute.format(at) + named,
    clock: (at) => minute.format(at),
    day: (at) => day.format(at),
    zone: (at) => {
      const part = offset.formatToParts(at).find(({ type }) => type === 'timeZoneName')
      return (part?.value ?? 'UTC').replace('GMT', 'UTC').replace('+00:00', '')
    },
  }
}
