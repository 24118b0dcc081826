import { join } from 'node:path'
import { openAssets } from '../../src/http/assets.ts'
import { type CodePage, codePage } from '../../src/http/code-page.ts'
import { busyPage, type ErrorPage, errorPage } from '../../src/http/error-pages.ts'
import type { Page } from '../../src/http/page.ts'
import { createRender, type Render } from '../../src/http/render.ts'
import type { ShownField } from '../../src/http/type-fields.ts'
import { type ConsentPage, consentPage } from '../../src/journeys/consent/pages.ts'
import { outboxPage } from '../../src/journeys/dev/pages.ts'
import { changeContactPage, removeContactPage } from '../../src/journeys/my-account/pages/contact.ts'
import { downloadPage } from '../../src/journeys/my-account/pages/download.ts'
import {
  deactivatedPage,
  type StopReason,
  signedOutEverywherePage,
  stoppedPage,
} from '../../src/journeys/my-account/pages/ends.ts'
import { deactivatePage, everywherePage } from '../../src/journeys/my-account/pages/leaving.ts'
import { type OverviewPage, overviewPage } from '../../src/journeys/my-account/pages/overview.ts'
import { changePasswordPage } from '../../src/journeys/my-account/pages/password.ts'
import { type ProfilePage, profilePage } from '../../src/journeys/my-account/pages/profile.ts'
import {
  forgotPage,
  type NewPasswordPage,
  newPasswordPage,
  overPage,
  ownerLinkPage,
  recoveredPage,
} from '../../src/journeys/recovery/pages.ts'
import { type SetupPage, setUpPage, setupPage } from '../../src/journeys/setup/pages.ts'
import {
  type CompletePage,
  completePage,
  type PasswordPage,
  passwordPage,
  type WithCodePage,
  withCodePage,
} from '../../src/journeys/sign-in/pages.ts'
import { signedOutPage, signOutPage, stillSignedInPage } from '../../src/journeys/sign-out/pages.ts'
import {
  awaitingApprovalPage,
  chooseTypePage,
  finishPage,
  notConfirmedPage,
  type SignUpPage,
  signedUpPage,
  signUpPage,
} from '../../src/journeys/sign-up/pages.ts'
import { addSeconds } from '../../src/lib/clock.ts'
import { invitationPages } from './sample-invitation-pages.ts'

export const VIEWS = join(import.meta.dirname, '../../views')

/** 10:42:07 in the zone of the samples. */
export const NOW = new Date('2026-11-21T05:12:07.000Z')

const BRAND = {
  productName: 'Latchkey',
  logoUrl: null,
  helpUrl: 'https://help.example/',
  privacyUrl: 'https://privacy.example/',
}

/** The real templates with the real stylesheet, in the brand and zone of the mock-ups. */
export function sampleRender({ productName = BRAND.productName, timeZone = 'Asia/Kolkata' } = {}): Render {
  return createRender({
    viewsDir: VIEWS,
    assets: openAssets(join(VIEWS, 'assets'), { brandColor: null, logoFile: null }),
    brand: { ...BRAND, productName },
    host: 'id.example.org',
    language: 'en',
    timeZone,
  })
}

/** What other people put into pages: applications, persons, administrators, strangers. */
export interface Foreign {
  readonly client: string
  readonly person: string
  readonly email: string
  readonly phone: string
  readonly typeName: string
  readonly description: string
  /** Of a field. */
  readonly label: string
}

export const ORDINARY: Foreign = {
  client: 'Court Filing',
  person: 'Asha Rao',
  email: 'asha.rao@police.example',
  phone: '+91 98765 43210',
  typeName: 'Police officer',
  description: 'Needs your employee ID',
  label: 'Full name',
}

/** The same text in the place of every foreign value. */
export function allSaying(text: string): Foreign {
  return {
    client: text,
    person: text,
    email: text,
    phone: text,
    typeName: text,
    description: text,
    label: text,
  }
}

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
  }
}

function passwordPages({ client, email }: Foreign): Record<string, Page> {
  const plain: PasswordPage = {
    action: '/interaction/uid',
    clientName: client,
    identifier: '',
    identifierKinds: ['email', 'phone', 'userId', 'employeeId'],
    failure: null,
    signUpUrl: '/interaction/uid/sign-up',
    forgotUrl: '/interaction/uid/forgot-password',
    withCodeUrl: '/interaction/uid/with-code',
    passwordIsNew: false,
  }
  const typed = { ...plain, identifier: email }
  const until = addSeconds(NOW, 23)
  return {
    password: passwordPage(plain),
    'password-bare': passwordPage({
      ...plain,
      clientName: null,
      identifierKinds: ['email', 'phone'],
      signUpUrl: null,
      forgotUrl: null,
      withCodeUrl: null,
    }),
    'password-new': passwordPage({ ...plain, passwordIsNew: true }),
    'password-wrong': passwordPage({ ...typed, failure: { kind: 'wrong' } }),
    'password-missing': passwordPage({
      ...plain,
      failure: { kind: 'missing', fields: ['identifier', 'password'] },
    }),
    'password-paused': passwordPage({ ...typed, failure: { kind: 'paused', until, now: NOW } }),
  }
}

function withCodePages({ client, email }: Foreign): Record<string, Page> {
  const plain: WithCodePage = {
    action: '/interaction/uid/with-code',
    clientName: client,
    identifier: '',
    identifierKinds: ['email', 'phone'],
    failure: null,
    passwordUrl: '/interaction/uid?sign-in',
    notAll: true,
  }
  const until = addSeconds(NOW, 23)
  return {
    'with-code': withCodePage(plain),
    'with-code-any': withCodePage({
      ...plain,
      identifierKinds: ['email', 'phone', 'userId', 'employeeId'],
      notAll: false,
    }),
    'with-code-missing': withCodePage({ ...plain, failure: { kind: 'missing', fields: ['identifier'] } }),
    'with-code-wrong': withCodePage({ ...plain, failure: { kind: 'wrong' } }),
    'with-code-paused': withCodePage({
      ...plain,
      identifier: email,
      failure: { kind: 'paused', until, now: NOW },
    }),
  }
}

function completePages({ client, typeName, person }: Foreign): Record<string, Page> {
  const district = {
    name: 'district',
    label: 'District',
    hint: 'Where you serve. You can change it later in your account.',
    kind: 'choice',
    required: true,
    sensitive: false,
    choices: ['Mumbai City', 'Nagpur', 'Pune City', 'Pune Rural'].map((label) => ({ value: label, label })),
  } as const
  const plain: CompletePage = {
    action: '/interaction/uid/complete',
    clientName: client,
    typeName,
    isNew: false,
    fields: [district],
    typed: {},
    problems: [],
    pausedUntil: null,
    now: NOW,
    startAgainUrl: '/interaction/uid?sign-in',
  }
  const kinds = ['text', 'email', 'phone', 'date', 'number', 'nationalId'] as const
  const every = kinds.map((kind) => ({
    name: kind,
    label: `A ${kind}`,
    kind,
    required: kind !== 'date',
    sensitive: false,
  }))
  return {
    complete: completePage(plain),
    'complete-every-kind': completePage({
      ...plain,
      isNew: true,
      fields: [district, ...every],
      typed: { district: 'Nagpur', text: person, email: 'x@', phone: '1', date: '1999-13-01', number: 'x' },
      problems: [
        { field: 'own', name: 'email', problem: 'malformed' },
        { field: 'own', name: 'phone', problem: 'malformed' },
        { field: 'own', name: 'date', problem: 'malformed' },
        { field: 'own', name: 'number', problem: 'malformed' },
        { field: 'own', name: 'nationalId', problem: 'unusable' },
      ],
    }),
    'complete-wrong': completePage({
      ...plain,
      problems: [{ field: 'own', name: 'district', problem: 'missing' }],
    }),
    'complete-paused': completePage({ ...plain, pausedUntil: addSeconds(NOW, 600) }),
  }
}

function codePages({ phone, email }: Foreign): Record<string, Page> {
  const plain: CodePage = {
    purpose: 'sign-in',
    action: '/interaction/uid/code',
    resendAction: '/interaction/uid/resend',
    step: { at: 2, of: 2 },
    digits: 6,
    reference: 'KQ',
    channel: 'sms',
    destination: { kind: 'masked', shown: '+91 ••••• ••210' },
    worksUntil: addSeconds(NOW, 293),
    resendAt: addSeconds(NOW, 23),
    now: NOW,
    failure: null,
    resent: false,
    otherChannel: {
      action: '/interaction/uid/channel',
      channel: 'email',
      shown: 'a••••@police.example',
    },
    startAgainUrl: '/interaction/uid',
  }
  const typed = { ...plain, purpose: 'sign-up', step: { at: 3, of: 3 }, otherChannel: null } as const
  return {
    code: codePage(plain),
    'code-email': codePage({
      ...plain,
      channel: 'email',
      destination: { kind: 'masked', shown: 'a••••@police.example' },
      resendAt: NOW,
      otherChannel: { action: '/interaction/uid/channel', channel: 'sms', shown: null },
    }),
    'code-unsaid': codePage({ ...plain, destination: { kind: 'unsaid' }, digits: 8, otherChannel: null }),
    'code-resent': codePage({ ...plain, resent: true }),
    'code-missing': codePage({ ...plain, failure: { kind: 'missing' } }),
    'code-wrong': codePage({ ...plain, failure: { kind: 'wrong', attemptsLeft: 4 } }),
    'code-expired': codePage({
      ...plain,
      worksUntil: NOW,
      resendAt: NOW,
      failure: { kind: 'expired' },
    }),
    'code-too-soon': codePage({ ...plain, failure: { kind: 'too-soon' } }),
    'code-blocked': codePage({ ...plain, failure: { kind: 'blocked', until: null } }),
    'code-paused': codePage({ ...plain, failure: { kind: 'blocked', until: addSeconds(NOW, 60) } }),
    'code-sign-up': codePage({ ...typed, destination: { kind: 'typed', contact: phone } }),
    'code-contact-change': codePage({
      ...typed,
      purpose: 'contact-change',
      destination: { kind: 'typed', contact: phone },
    }),
    'code-recovery': codePage({
      ...typed,
      purpose: 'recovery',
      digits: 8,
      step: { at: 2, of: 3 },
      channel: 'email',
      destination: { kind: 'typed', contact: email },
    }),
    'code-setup': codePage({
      ...typed,
      purpose: 'setup',
      step: null,
      channel: 'email',
      destination: { kind: 'typed', contact: email },
    }),
  }
}

function consentPages({ client, person, email, phone, typeName }: Foreign): Record<string, Page> {
  const everything: ConsentPage = {
    action: '/interaction/uid/consent',
    clientName: client,
    clientHost: 'casenotes.example',
    firstParty: false,
    asked: {
      topics: ['profile', 'email', 'phone', 'roles'],
      fields: [{ label: 'Badge', value: '••••4417' }],
      ownScopes: ['account', 'admin:read', 'admin:write'],
      organisation: true,
      apis: [{ name: client, scopes: ['orders:read', 'orders:write'] }],
      awaySeconds: 2_592_000,
      isMore: false,
      person: { name: person, email, phone, userType: typeName, roles: ['police', 'case-reader'] },
    },
    accountUrl: '/account',
  }
  const { asked } = everything
  const nothing = {
    ...asked,
    topics: [],
    fields: [],
    ownScopes: [],
    organisation: false,
    apis: [],
    awaySeconds: null,
  }
  const nameless = { name: null, email: null, phone, userType: typeName, roles: [] }
  return {
    consent: consentPage(everything),
    'consent-more': consentPage({
      ...everything,
      asked: { ...nothing, topics: ['roles', 'phone'], isMore: true, person: nameless },
    }),
    'consent-bare': consentPage({
      ...everything,
      firstParty: true,
      accountUrl: null,
      asked: { ...nothing, person: { ...nameless, phone: null } },
    }),
  }
}

function signUpPages({
  typeName,
  description,
  email,
  phone,
  client,
  person,
  label,
}: Foreign): Record<string, Page> {
  const plain: SignUpPage = {
    action: '/sign-up',
    userType: 'user',
    typeName,
    chooseTypeUrl: null,
    asksRegister: false,
    signInUrl: '/sign-in',
    pausedUntil: null,
    contacts: { email: 'optional', phone: 'optional' },
    ids: [],
    fields: [],
    codeGoesTo: null,
    signsInBy: null,
    values: { email: '', phone: '' },
    problems: [],
    minimumPasswordLength: 15,
  }
  const ofType = { typeName, chooseTypeUrl: '/sign-up' }
  const ways = { againUrl: '/sign-up?userType=police', signInUrl: '/sign-in' }
  const official: SignUpPage = {
    ...plain,
    ...ofType,
    userType: 'police',
    asksRegister: true,
    contacts: { email: 'optional', phone: 'required' },
    ids: ['employeeId'],
    fields: everyKind(label, description).slice(0, 1),
    codeGoesTo: 'phone',
    signsInBy: 'employeeId',
  }
  const types = ['civilian', 'judge', 'police'].map((id) => ({ id, name: typeName, description }))
  return {
    'choose-type': chooseTypePage({ action: '/sign-up', types, signInUrl: '/sign-in' }),
    'sign-up': signUpPage(plain),
    'sign-up-of-type': signUpPage({
      ...plain,
      chooseTypeUrl: '/sign-up',
      contacts: { email: 'optional', phone: 'required' },
      codeGoesTo: 'phone',
    }),
    'sign-up-none-given': signUpPage({
      ...plain,
      problems: [
        { field: 'contact', problem: 'missing' },
        { field: 'password', problem: 'too-short' },
      ],
    }),
    'sign-up-malformed': signUpPage({
      ...plain,
      values: { email, phone },
      problems: [
        { field: 'email', problem: 'malformed' },
        { field: 'phone', problem: 'refused' },
        { field: 'password', problem: 'common' },
      ],
    }),
    'sign-up-of-employee': signUpPage({
      ...official,
      values: { email: '', phone: '', employeeId: person },
    }),
    'sign-up-paused': signUpPage({ ...plain, pausedUntil: addSeconds(NOW, 86_000) }),
    'sign-up-with-every-kind': signUpPage({
      ...official,
      ids: ['userId'],
      signsInBy: 'userId',
      fields: everyKind(label, description),
    }),
    'sign-up-with-every-kind-wrong': signUpPage({
      ...official,
      ids: ['userId', 'employeeId'],
      fields: everyKind(label, description),
      values: { email, phone, userId: person, employeeId: person, fields: { text: person, secret: person } },
      problems: [
        { field: 'userId', problem: 'malformed' },
        { field: 'employeeId', problem: 'malformed' },
        ...everyKind(label, description)
          .filter(({ name }) => name !== 'secret')
          .map(({ name }) => ({ field: 'own', name, problem: 'malformed' }) as const),
      ],
    }),
    'not-confirmed': notConfirmedPage({ ...ofType, asksRegister: true, ...ways }),
    'not-confirmed-of-the-only-type': notConfirmedPage({
      ...ofType,
      ...ways,
      chooseTypeUrl: null,
      asksRegister: false,
    }),
    'sign-up-finish': finishPage({ action: '/sign-up/finish', retryAfterSeconds: null }),
    'sign-up-later': finishPage({ action: '/sign-up/finish', retryAfterSeconds: 10 }),
    'signed-up': signedUpPage({ signInUrl: '/sign-in' }),
    'awaiting-approval': awaitingApprovalPage({
      typeName,
      verified: { channel: 'sms', contact: phone },
      backUrl: 'https://app.example/',
      clientName: client,
    }),
  }
}

/** A field of each kind, with few choices and with many. */
function everyKind(label: string, hint: string): ShownField[] {
  const common = { label, hint, required: true, sensitive: false }
  const choices = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ value: `choice-${n}`, label: `${label} ${n}` }))
  return [
    { ...common, name: 'text', kind: 'text', claim: 'name' },
    { ...common, name: 'email', kind: 'email' },
    { ...common, name: 'phone', kind: 'phone', hint: undefined },
    { ...common, name: 'date', kind: 'date', notBefore: '1900-01-01', required: false },
    { ...common, name: 'few', kind: 'choice', choices: choices(3) },
    { ...common, name: 'many', kind: 'choice', choices: choices(12), required: false },
    { ...common, name: 'number', kind: 'number' },
    { ...common, name: 'nationalId', kind: 'nationalId', sensitive: true },
    { ...common, name: 'secret', kind: 'text', sensitive: true },
  ]
}

function recoveryPages({ email }: Foreign): Record<string, Page> {
  const plain = {
    action: '/forgot-password',
    identifier: '',
    identifierKinds: ['email', 'phone', 'userId', 'employeeId'],
    missing: false,
    signInUrl: '/interaction/uid?sign-in',
  } as const
  const choosing: NewPasswordPage = {
    action: '/forgot-password/new-password',
    step: { at: 3, of: 3 },
    identifier: email,
    minimumLength: 15,
    problem: null,
  }
  return {
    forgot: forgotPage(plain),
    'forgot-alone': forgotPage({ ...plain, identifierKinds: ['email'], signInUrl: null }),
    'forgot-missing': forgotPage({ ...plain, missing: true }),
    'new-password': newPasswordPage(choosing),
    'new-password-common': newPasswordPage({ ...choosing, problem: 'common' }),
    'new-password-context': newPasswordPage({ ...choosing, step: null, problem: 'context-word' }),
    recovered: recoveredPage({ accountUrl: '/account' }),
    'recovery-over': overPage({ againUrl: '/forgot-password', signInUrl: '/interaction/uid?sign-in' }),
    'owner-recovery': ownerLinkPage({ action: '/owner-recovery', token: 'link-token' }),
  }
}

function setupPages({ email, phone }: Foreign): Record<string, Page> {
  const plain: SetupPage = {
    action: '/setup',
    token: 'setup-token',
    values: { email: '', phone: '' },
    problems: [],
    minimumPasswordLength: 15,
  }
  return {
    setup: setupPage(plain),
    'setup-wrong': setupPage({
      ...plain,
      values: { email, phone },
      problems: [{ field: 'password', problem: 'context-word' }],
    }),
    'set-up': setUpPage({ signInUrl: '/sign-in' }),
  }
}

function endings({ client, person }: Foreign): Record<string, Page> {
  const back = { backUrl: 'https://app.example/', clientName: client }
  return {
    'sign-out': signOutPage({
      action: '/session/end/confirm',
      xsrf: 'xsrf-token',
      clientName: client,
      name: person,
    }),
    'sign-out-bare': signOutPage({
      action: '/session/end/confirm',
      xsrf: 'xsrf-token',
      clientName: null,
      name: null,
    }),
    'signed-out': signedOutPage({ ...back, applications: [client, 'Case Notes'], signInUrl: '/sign-in' }),
    'signed-out-bare': signedOutPage({ applications: [], backUrl: null, clientName: null, signInUrl: null }),
    'still-signed-in': stillSignedInPage(back),
  }
}

function accountPages(foreign: Foreign): Record<string, Page> {
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
      faults: [
        { name: 'motto', fault: 'too-long' },
        { name: 'district', fault: 'missing' },
        { name: 'aadhaar', fault: 'malformed' },
      ],
    }),
    'account-profile-not-confirmed': profilePage({ ...ownFields(foreign), faults: 'not-confirmed' }),
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
    faults: [],
    others: true,
  }
}

function errorPages({ client, description }: Foreign): Record<string, Page> {
  const plain: Omit<ErrorPage, 'kind'> = {
    detail: null,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    at: NOW,
    backUrl: null,
    clientName: null,
    startUrl: '/',
    retryAt: null,
  }
  return {
    'error-fault': errorPage({ ...plain, kind: 'fault' }),
    'error-protocol': errorPage({
      ...plain,
      kind: 'protocol',
      detail: { error: 'invalid_redirect_uri', description },
      backUrl: 'https://app.example/',
      clientName: client,
    }),
    'error-too-many': errorPage({ ...plain, kind: 'too-many', retryAt: addSeconds(NOW, 60) }),
    busy: busyPage({ retryAfterSeconds: 10, againUrl: '/interaction/uid', traceId: plain.traceId }),
  }
}

function outboxPages({ email, phone, client }: Foreign): Record<string, Page> {
  const page = {
    now: addSeconds(NOW, 12),
    url: '/dev/outbox',
    emptyAction: '/dev/outbox/empty',
    bodyUrl: (id: string) => `/dev/outbox/${id}/body`,
  }
  const render = sampleRender()
  const code = { code: '482913', reference: 'KQ' }
  const model = codeModel({ clientName: client })
  const notice = render.message('known-contact', 'sms', {}, 'en')
  return {
    'outbox-empty': outboxPage({ ...page, messages: [] }),
    outbox: outboxPage({
      ...page,
      messages: [
        {
          id: 'msg_3',
          at: NOW,
          channel: 'sms',
          to: phone,
          template: 'code',
          ...code,
          ...render.message('code', 'sms', model, 'en'),
        },
        {
          id: 'msg_2',
          at: NOW,
          channel: 'email',
          to: email,
          template: 'code',
          ...code,
          ...render.message('code', 'email', model, 'en'),
        },
        {
          id: 'msg_1',
          at: NOW,
          channel: 'sms',
          to: phone,
          template: 'known-contact',
          code: null,
          reference: null,
          ...notice,
        },
      ],
    }),
  }
}

/** A queued code as JSON. */
export function codeModel(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    code: '482913',
    reference: 'KQ',
    purpose: 'sign-in',
    lifetimeSeconds: 300,
    clientName: 'Court Filing',
    askedAt: NOW.toISOString(),
    device: { browser: 'Firefox', system: 'Windows' },
    ...change,
  }
}
