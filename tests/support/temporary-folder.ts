import { accessSync, constants, mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Linux keeps what is written here in memory. */
const MEMORY = '/dev/shm'
const ENOUGH_BYTES = 48 * 1024 * 1024

/**
 * A fresh folder for the data of a node or a store, in memory where there is room: every write waits for a disk to
 * say that it is there, and tests wait for thousands. What dies with a process dies the same way here; only a loss
 * of power does not, which no test makes. The caller removes it.
 */
export function temporaryFolder(): string {
  return mkdtempSync(join(hasRoomInMemory() ? MEMORY : tmpdir(), 'latchkey-'))
}

function hasRoomInMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK)
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize > ENOUGH_BYTES
  } catch {
    return false
  }
}
