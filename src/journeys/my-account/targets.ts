import type { Channel } from '../../domain/delivery/index.ts'

/** Every page that a sign-in may lead back to. What else stands in `state` was not put there by us. */
export const TARGETS = [
  '/account',
  '/account/profile',
  '/account/contact?channel=email',
  '/account/contact?channel=sms',
  '/account/contact/remove?channel=email',
  '/account/contact/remove?channel=sms',
  '/account/password',
  '/account/sign-out-everywhere',
  '/account/deactivate',
  '/account/download',
] as const

export type Target = (typeof TARGETS)[number]

export const HOME: Target = '/account'

export function isTarget(text: unknown): text is Target {
  return TARGETS.some((target) => target === text)
}

export const contactTarget = (channel: Channel) => `/account/contact?channel=${channel}` as const
export const removalTarget = (channel: Channel) => `/account/contact/remove?channel=${channel}` as const
