import type { RequestListener } from 'node:http'
import {
  createJourneys,
  createLook,
  createOidcPages,
  createOriginOf,
  createRooms,
  createStack,
  createSteps,
  followLimits,
  type RoomsParts,
  registerGauges,
  startLogout,
} from './composition/index.ts'
import type { SetupLinks } from './domain/accounts/index.ts'
import { readForm } from './http/form.ts'
import { createOidc } from './oidc/index.ts'
import { registrationOf, rereadLimits, systemIo } from './settings/index.ts'

export interface App {
  readonly listener: RequestListener
  readonly setupLinks: SetupLinks
  /** Ends what would keep the server from stopping: the streams of those who only listen. */
  endStreams(): void
  stop(): Promise<void>
}

/** The composition root: makes every room once, hands each what it needs, mounts every router. */
export async function createApp(started: RoomsParts): Promise<App> {
  const { storage, keys, audit, clock, random, log } = started
  const live = followLimits({
    limits: started.settings.limits,
    reread: () => rereadLimits(started.settings.configDir, systemIo),
    audit,
    random,
    log,
  })
  const settings = { ...started.settings, limits: live.limits }
  const parts = { ...started, settings }
  const look = createLook(settings, keys, random)
  const rooms = await createRooms(parts, ({ template, model, language, userType }, channel) =>
    look.render.message(template, channel, model, language, userType),
  )
  registerGauges(parts, rooms)
  const steps = createSteps(parts, rooms)
  const oidc = await createOidc({
    issuer: settings.issuer,
    audience: settings.audience,
    apis: settings.apis,
    cookieKeys: look.cookieKeys,
    secureCookies: look.secureCookies,
    signingKeys: () => keys.signingKeys(clock.now()),
    accounts: storage.accounts,
    accountFields: rooms.accountFields,
    userTypes: storage.userTypes,
    revocations: rooms.revocations,
    roles: rooms.roles,
    revocationStore: storage.revocations,
    clientStates: storage.clientStates,
    issuerGeneration: rooms.issuerGeneration,
    artifacts: storage.artifacts,
    artifactKey: keys.dataKey('artifacts').key,
    clients: settings.clients.map(registrationOf),
    accountClientName: settings.pages.productName,
    audit,
    log,
    clock,
    random,
    pages: createOidcPages(look, clock, log),
    readForm,
    originOf: createOriginOf(look, random),
  })
  const journeys = createJourneys(parts, look, rooms, steps, oidc)
  const logout = startLogout(parts)
  const answer = createStack(parts, look, journeys.routers, oidc).callback()

  return {
    listener: (request, response) => {
      if (!oidc.answerDocument(request, response)) answer(request, response)
    },
    setupLinks: rooms.setupLinks,
    endStreams: journeys.feed.close,
    async stop() {
      live.stop()
      await logout.stop()
      await steps.afterAnswer.finish()
      await rooms.queue.stop()
      await audit.flush()
      await rooms.passwords.close()
    },
  }
}
