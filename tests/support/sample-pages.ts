import type { Page } from '../../src/http/page.ts'
import { type Foreign, ORDINARY } from './sample-base.ts'
import { invitationPages } from './samples/invitation-pages.ts'
import { accountPages } from './samples/my-account-pages.ts'
import { endings, errorPages, messagePreviews, outboxPages } from './samples/others-pages.ts'
import { codePages, completePages, passwordPages, withCodePages } from './samples/sign-in-pages.ts'
import { consentPages, recoveryPages, setupPages, signUpPages } from './samples/sign-up-pages.ts'

export { allSaying, codeModel, type Foreign, NOW, ORDINARY, sampleRender, VIEWS } from './sample-base.ts'

/** Every page in every state that draws something of its own, by name. */
export function samplePages(foreign: Foreign = ORDINARY): Readonly<Record<string, Page>> {
  return {
    ...passwordPages(foreign),
    ...withCodePages(foreign),
    ...codePages(foreign),
    ...completePages(foreign),
    ...consentPages(foreign),
    ...signUpPages(foreign),
    ...setupPages(foreign),
    ...recoveryPages(foreign),
    ...invitationPages(foreign),
    ...endings(foreign),
    ...accountPages(foreign),
    ...errorPages(foreign),
    ...outboxPages(foreign),
    ...messagePreviews(foreign),
  }
}
