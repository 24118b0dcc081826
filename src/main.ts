import { enableCompileCache } from 'node:module'

// The source runs as it is; what was read once need not be stripped and compiled again at the next start.
enableCompileCache()
const { runServer } = await import('./run-server.ts')
await runServer()
