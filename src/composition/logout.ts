import { createPostForm } from '../lib/post-form.ts'
import { createLogoutNotices } from '../oidc/index.ts'
import { registrationOf } from '../settings/index.ts'
import { createLogoutQueue, startLogoutFollower, type Worker } from '../workers/index.ts'
import type { RoomsParts } from './rooms.ts'

/** What follows the end of sessions, and tells their clients. */
export function startLogout(parts: RoomsParts): Worker {
  const { settings, storage, keys, audit, clock, random, log, processId: holder } = parts
  const notices = createLogoutNotices({
    issuer: settings.issuer,
    signingKeys: () => keys.signingKeys(clock.now()),
    artifacts: storage.artifacts,
    notices: storage.logoutNotices,
    artifactKey: keys.dataKey('artifacts').key,
    clients: settings.clients.map(registrationOf),
    clock,
    random,
    log,
  })
  const queue = createLogoutQueue({
    store: storage.logoutNotices,
    notices,
    // In production whoever may register a client must not make us knock at doors inside.
    post: createPostForm(settings.mode === 'production' ? 'public' : 'anywhere'),
    audit,
    clock,
    random,
    log,
    holder,
  })
  const follower = startLogoutFollower({
    revocations: storage.revocations,
    store: storage.logoutNotices,
    notices,
    onQueued: queue.wake,
    leases: storage.leases,
    holder,
    clock,
    log,
  })
  return {
    async stop() {
      await follower.stop()
      await queue.stop()
    },
  }
}
