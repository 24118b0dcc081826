import type Router from '@koa/router'
import { DEVICE_SECONDS } from '../domain/devices/index.ts'
import { createProgress } from '../domain/progress/index.ts'
import { createDeviceCookie } from '../http/device-cookie.ts'
import { alone, insideInteraction } from '../http/place.ts'
import { serveAssets } from '../http/serve-assets.ts'
import { callbackRoutes } from '../journeys/callbacks/index.ts'
import { consentRoutes } from '../journeys/consent/index.ts'
import { devRoutes, previewRoutes } from '../journeys/dev/index.ts'
import { type Feed, feedRoutes } from '../journeys/feed/index.ts'
import { healthRoutes } from '../journeys/health/index.ts'
import { type InvitationState, invitationRoutes } from '../journeys/invitation/index.ts'
import { metricsRoutes } from '../journeys/metrics/index.ts'
import { type ContactChangeState, myAccountRoutes } from '../journeys/my-account/index.ts'
import { ownerLinkRoutes, type RecoveryState, recoveryRoutes } from '../journeys/recovery/index.ts'
import { type SetupState, setupRoutes } from '../journeys/setup/index.ts'
import { type SignInState, signInRoutes } from '../journeys/sign-in/index.ts'
import { signOutRoutes } from '../journeys/sign-out/index.ts'
import { type SignUpState, signUpRoutes } from '../journeys/sign-up/index.ts'
import type { Oidc } from '../oidc/index.ts'
import { createOwnData } from '../steps/index.ts'
import type { Look } from './look.ts'
import type { Rooms, RoomsParts } from './rooms.ts'
import { createCallbacks } from './senders.ts'
import type { Steps } from './steps.ts'

export interface Journeys {
  /** In the order in which they are asked. */
  readonly routers: readonly Router[]
  readonly feed: Feed
}

/** What people and programs do, mounted. */
export function createJourneys(
  parts: RoomsParts,
  look: Look,
  rooms: Rooms,
  steps: Steps,
  oidc: Pick<
    Oidc,
    'interactions' | 'signOut' | 'sessions' | 'accountSignInUrl' | 'signFeedDocument' | 'isAudience'
  >,
): Journeys {
  const { interactions, signOut, sessions, accountSignInUrl } = oidc
  const { settings, storage, keys, audit, clock, random, log } = parts
  const { secureCookies, csrf, show, askerOf } = look
  const { userTypes } = storage
  const kept = { store: storage.progress, sealingKey: keys.dataKey('artifacts').key, clock, random }
  const deviceCookie = createDeviceCookie({ secureCookies, lifetimeSeconds: DEVICE_SECONDS })
  const common = { ...look, ...rooms, ...steps, audit, clock, random, userTypes, deviceCookie }
  const signUp = { ...common, progress: createProgress<SignUpState>('sign-up', kept) }
  const standing = { sessions, clock, random, secureCookies }
  const recovery = {
    ...common,
    progress: createProgress<RecoveryState>('recovery', kept),
    placeOf: alone({ ...standing, path: '/forgot-password', cookie: 'latchkey_recovery' }),
  }
  const feed = feedRoutes({
    deadFeed: rooms.deadFeed,
    sign: oidc.signFeedDocument,
    isAudience: oidc.isAudience,
    askerOf,
    clock,
    log,
  })
  const routers = [
    healthRoutes([{ name: 'storage', check: () => storage.ready() }], rooms.failover.down),
    callbackRoutes({
      ...createCallbacks(settings),
      issuer: settings.issuer,
      deliveries: rooms.deliveries,
      askerOf,
    }),
    serveAssets(look.assets),
    feed.router,
    consentRoutes({ interactions, audit, csrf, show, askerOf }),
    signUpRoutes('/interaction/:uid/sign-up', {
      ...signUp,
      placeOf: insideInteraction(interactions, 'sign-up'),
    }),
    signInRoutes({ ...common, interactions, progress: createProgress<SignInState>('sign-in', kept) }),
    signUpRoutes('/sign-up', {
      ...signUp,
      placeOf: alone({ ...standing, path: '/sign-up', cookie: 'latchkey_sign_up' }),
    }),
    recoveryRoutes('/interaction/:uid/forgot-password', {
      ...recovery,
      placeOf: insideInteraction(interactions, 'forgot-password'),
    }),
    recoveryRoutes('/forgot-password', recovery),
    ownerLinkRoutes(recovery),
    setupRoutes({
      ...common,
      links: rooms.setupLinks,
      progress: createProgress<SetupState>('setup', kept),
      nextUrl: settings.demo.enabled ? settings.demo.url : null,
    }),
    invitationRoutes({
      ...common,
      links: rooms.invitationLinks,
      progress: createProgress<InvitationState>('invitation', kept),
      nextUrl: settings.demo.enabled ? settings.demo.url : null,
    }),
    myAccountRoutes({
      ...common,
      sessions,
      signOut,
      accountSignInUrl,
      contactProgress: createProgress<ContactChangeState>('contact-change', kept),
      ownData: createOwnData({
        fields: rooms.accountFields,
        sessions,
        devices: rooms.devices,
        roles: rooms.roles,
        auditStore: storage.audit,
        audit,
        clock,
      }),
    }),
    signOutRoutes({ signOut, csrf, show, askerOf }),
  ]
  if (settings.mode === 'development') {
    const { issuer } = settings
    const settle = async () => {
      await steps.afterAnswer.finish()
      await rooms.queue.idle()
    }
    routers.push(metricsRoutes(parts.metrics), devRoutes({ outbox: rooms.outbox, settle, clock, csrf, show }))
    routers.push(previewRoutes({ render: look.render, userTypes, issuer, show }))
  }
  return { routers, feed }
}
