/**
 * Writes until it is killed: several accounts at a time, each with its identifier and its audit record. Says each
 * id on standard output once the store has acknowledged it.
 */
import { writeSync } from 'node:fs'
import { systemClock } from '../../src/lib/clock.ts'
import { openStorage } from '../../src/storage/index.ts'
import { anAccount, anAuditEntry } from './records.ts'

const AT_A_TIME = 8

const storage = await openStorage({ driver: 'sqlite', file: String(process.argv[2]) }, { clock: systemClock })

async function writeEndlessly(): Promise<never> {
  for (;;) {
    const account = anAccount()
    const audit = [anAuditEntry({ subjectId: account.id })]
    await storage.accounts.insert(account, [{ space: 'name', value: account.id }], { audit })
    writeSync(1, `${account.id}\n`)
  }
}

await Promise.all(Array.from({ length: AT_A_TIME }, writeEndlessly))
