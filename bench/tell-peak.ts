import { writeFileSync } from 'node:fs'

/** Kibibytes, as the system counts them: no look from outside misses the peak. */
process.once('exit', () => {
  const file = process.env['BENCH_PEAK_FILE']
  if (file !== undefined) writeFileSync(file, String(process.resourceUsage().maxRSS))
})
