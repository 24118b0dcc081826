import { execFileSync } from 'node:child_process'

/** What a process holds of the machine's memory (RSS). */
export function residentMegabytes(pid: number): number {
  const kibibytes = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
  return (Number(kibibytes) * 1024) / 1_000_000
}
