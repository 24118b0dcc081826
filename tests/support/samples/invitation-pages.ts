import type { Page } from '../../../src/http/page.ts'
import {
  type DetailsPage,
  deadInvitationPage,
  detailsPage,
  invitationPage,
  notConfirmedPage,
} from '../../../src/journeys/invitation/pages.ts'
import type { Foreign } from '../sample-base.ts'

/** The pages of an invitation, as `samplePages` has them. Its ends are those of sign-up. */
export function invitationPages({ typeName, email, phone, person, label }: Foreign): Record<string, Page> {
  const worksUntil = new Date('2026-11-28T05:12:00Z')
  const invited = { typeName, channel: 'email', contact: email } as const
  const details: DetailsPage = {
    ...invited,
    action: '/invitation/details',
    accountId: 'acc_1',
    employeeId: null,
    given: [],
    asksRegister: false,
    retryAfterSeconds: null,
    contacts: { email: 'none', phone: 'optional' },
    ids: [],
    fields: [],
    codeGoesTo: null,
    signsInBy: null,
    values: { email: '', phone: '' },
    problems: [],
    minimumPasswordLength: 15,
  }
  const official: DetailsPage = {
    ...details,
    channel: 'sms',
    contact: phone,
    contacts: { email: 'optional', phone: 'none' },
    employeeId: person,
    given: [{ label, shown: person }],
    asksRegister: true,
  }
  return {
    invitation: invitationPage({ ...invited, action: '/invitation', token: 'token', worksUntil }),
    'invitation-details': detailsPage(details),
    'invitation-details-of-employee': detailsPage(official),
    'invitation-details-wrong': detailsPage({
      ...official,
      values: { email, phone: '' },
      problems: [
        { field: 'email', problem: 'malformed' },
        { field: 'password', problem: 'missing' },
      ],
    }),
    'invitation-later': detailsPage({ ...official, retryAfterSeconds: 10 }),
    'invitation-not-confirmed': notConfirmedPage({ asksRegister: true, againUrl: '/invitation/details' }),
    'invitation-dead': deadInvitationPage(),
  }
}
