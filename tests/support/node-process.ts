/**
 * A node in a process of its own, for tests of two nodes on one database and of a node that is killed. Reads its
 * settings as main does; `LATCHKEY_TEST_FAST_HASH` spares it bcrypt. Says `serving` once it listens.
 */
import { enableCompileCache, flushCompileCache } from 'node:module'

enableCompileCache()
const { createLog } = await import('../../src/lib/log.ts')
const { serve } = await import('../../src/serve.ts')
const { readSettingsFromProcess } = await import('../../src/settings/index.ts')
const { fastHasher } = await import('./fast-hasher.ts')

const settings = readSettingsFromProcess()
const log = await createLog(settings.log)
const hasher = process.env['LATCHKEY_TEST_FAST_HASH'] === undefined ? {} : { hasher: fastHasher() }
const serving = await serve({ settings, log, ...hasher })
process.stdout.write('serving\n')
process.once('SIGTERM', async () => {
  await serving.stop()
  process.exit(0)
})
// Not all live until they may exit; the next one starts sooner all the same.
flushCompileCache()
