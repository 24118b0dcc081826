import type { Page } from '../../../src/http/page.ts'
import { changeContactPage, removeContactPage } from '../../../src/journeys/my-account/pages/contact.ts'
import { downloadPage } from '../../../src/journeys/my-account/pages/download.ts'
import {
  deactivatedPage,
  type StopReason,
  signedOutEverywherePage,
  stoppedPage,
} from '../../../src/journeys/my-account/pages/ends.ts'
import { deactivatePage, everywherePage } from '../../../src/journeys/my-account/pages/leaving.ts'
import { type OverviewPage, overviewPage } from '../../../src/journeys/my-account/pages/overview.ts'
import { changePasswordPage } from '../../../src/journeys/my-account/pages/password.ts'
import { type ProfilePage, profilePage } from '../../../src/journeys/my-account/pages/profile.ts'
import { addSeconds } from '../../../src/lib/clock.ts'
import { type Foreign, NOW } from '../sample-base.ts'

export function accountPages(foreign: Foreign): Record<string, Page> {
  const { email, phone } = foreign
  const owner = { accountId: 'acc_1', now: NOW }
  const until = addSeconds(NOW, 23)
  const contact = { accountId: 'acc_1', action: '/account/contact?channel=sms', channel: 'sms' } as const
  const current = { value: phone, verifiedAt: NOW }
  const password = {
    ...owner,
    identifier: email,
    hasPassword: true,
    minimumLength: 15,
    problems: [],
    pausedUntil: null,
  }
  const stops: readonly StopReason[] = [
    'other-account',
    'not-signed-in',
    'contact-taken',
    'ended',
    'contact-needed',
  ]
  return {
    account: overviewPage(fullOverview(foreign)),
    'account-bare': overviewPage({
      ...fullOverview(foreign),
      profile: [],
      roles: [],
      contacts: { email: { value: email, verifiedAt: NOW }, phone: null },
      password: { isSet: false, changedAt: null },
      applications: [],
      devices: [],
      done: undefined,
    }),
    'account-profile': profilePage(ownFields(foreign)),
    'account-profile-wrong': profilePage({
      ...ownFields(foreign),
      typed: { motto: foreign.description, district: '', aadhaar: '12' },
      problems: [
        { field: 'own', name: 'motto', problem: 'too-long' },
        { field: 'own', name: 'district', problem: 'missing' },
        { field: 'own', name: 'aadhaar', problem: 'unusable' },
      ],
    }),
    'account-profile-paused': profilePage({ ...ownFields(foreign), pausedUntil: addSeconds(NOW, 30) }),
    'account-contact': changeContactPage({
      ...contact,
      current,
      typed: '',
      problem: null,
      removeUrl: '/account/contact/remove?channel=sms',
    }),
    'account-contact-wrong': changeContactPage({
      ...contact,
      channel: 'email',
      current: null,
      typed: email,
      problem: 'malformed',
      removeUrl: null,
    }),
    'account-remove-contact': removeContactPage({ ...contact, contact: phone, wasVerified: true }),
    'account-password': changePasswordPage(password),
    'account-password-wrong': changePasswordPage({
      ...password,
      problems: [
        { field: 'currentPassword', problem: 'wrong' },
        { field: 'newPassword', problem: 'too-short' },
      ],
    }),
    'account-password-paused': changePasswordPage({ ...password, pausedUntil: until }),
    'account-everywhere': everywherePage(owner),
    'account-deactivate': deactivatePage({ ...owner, hasPassword: true, failure: null }),
    'account-deactivate-wrong': deactivatePage({ ...owner, hasPassword: true, failure: { kind: 'wrong' } }),
    'account-deactivate-paused': deactivatePage({
      ...owner,
      hasPassword: true,
      failure: { kind: 'paused', until },
    }),
    'account-download': downloadPage({ isMasked: false }),
    'account-download-masked': downloadPage({ isMasked: true }),
    'account-signed-out-everywhere': signedOutEverywherePage(),
    'account-deactivated': deactivatedPage(),
    ...Object.fromEntries(
      stops.map((reason) => [`account-${reason}`, stoppedPage({ reason, againUrl: '/account' })]),
    ),
  }
}

function fullOverview({ person, email, phone, typeName, client, description }: Foreign): OverviewPage {
  const yesterday = addSeconds(NOW, -86_400)
  const session = { signedInAt: yesterday, lastSeenAt: NOW, network: '203.0.x.x' }
  const application = { id: 'gra_1', name: client, firstParty: true, scopes: ['openid'], since: yesterday }
  return {
    accountId: 'acc_1',
    typeName,
    since: yesterday,
    profile: [
      { label: { written: 'Full name' }, value: person, isFromRegister: true, input: null },
      { label: { said: 'employeeId' }, value: 'pol-20418', isFromRegister: true, input: null },
      { label: { written: description }, value: 'Pune City', isFromRegister: false, input: 'field.district' },
      { label: { written: 'Motto' }, value: null, isFromRegister: false, input: 'field.motto' },
    ],
    roles: ['police', 'case-reader'],
    contacts: { phone: { value: phone, verifiedAt: NOW }, email: { value: email, verifiedAt: null } },
    presence: { email: 'optional', phone: 'required' },
    password: { isSet: true, changedAt: yesterday },
    sessions: [
      { ...session, id: 'ses_1', isThis: true, device: { browser: 'Firefox', system: 'Windows' } },
      { ...session, id: 'ses_2', isThis: false, device: { browser: 'Safari', system: 'iOS' } },
      { ...session, id: 'ses_3', isThis: false, device: null, network: null },
    ],
    applications: [
      application,
      {
        ...application,
        id: 'gra_2',
        firstParty: false,
        scopes: ['openid', 'email', 'profile', 'roles', 'orders:read'],
      },
    ],
    devices: [
      { id: 'dev_1', isThis: true, label: 'Firefox on Windows', lastSeenAt: NOW },
      { id: 'dev_2', isThis: false, label: null, lastSeenAt: yesterday },
    ],
    done: 'password',
  }
}

function ownFields({ person, description }: Foreign): ProfilePage {
  const field = { required: false, unique: false, sensitive: false, editableBy: 'person' } as const
  return {
    accountId: 'acc_1',
    fields: [
      { ...field, name: 'motto', label: description, hint: description, kind: 'text', maxLength: 20 },
      {
        ...field,
        name: 'district',
        label: 'District',
        kind: 'choice',
        required: true,
        choices: [
          { value: 'pune', label: person },
          { value: 'nagpur', label: 'Nagpur' },
        ],
      },
      { ...field, name: 'born', label: 'Born', kind: 'date', notAfter: '2010-12-31' },
      {
        ...field,
        name: 'aadhaar',
        label: 'Aadhaar number',
        kind: 'nationalId',
        scheme: 'aadhaar',
        sensitive: true,
      },
    ],
    held: { motto: description, district: 'pune', aadhaar: '234567890124' },
    typed: null,
    problems: [],
    pausedUntil: null,
    others: true,
    now: NOW,
  }
}
