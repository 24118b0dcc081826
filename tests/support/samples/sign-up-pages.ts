import type { Page } from '../../../src/http/page.ts'
import type { ShownField } from '../../../src/http/type-fields.ts'
import { type ConsentPage, consentPage } from '../../../src/journeys/consent/pages.ts'
import {
  forgotPage,
  type NewPasswordPage,
  newPasswordPage,
  overPage,
  ownerLinkPage,
  recoveredPage,
} from '../../../src/journeys/recovery/pages.ts'
import { type SetupPage, setUpPage, setupPage } from '../../../src/journeys/setup/pages.ts'
import {
  awaitingApprovalPage,
  chooseTypePage,
  finishPage,
  notConfirmedPage,
  type SignUpPage,
  signedUpPage,
  signUpPage,
} from '../../../src/journeys/sign-up/pages.ts'
import { addSeconds } from '../../../src/lib/clock.ts'
import { type Foreign, NOW } from '../sample-base.ts'

export function consentPages({ client, person, email, phone, typeName }: Foreign): Record<string, Page> {
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

export function signUpPages({
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

export function recoveryPages({ email }: Foreign): Record<string, Page> {
  const plain = {
    action: '/forgot-password',
    identifier: '',
    identifierKinds: ['email', 'phone', 'userId', 'employeeId'],
    missing: false,
    signInUrl: '/interaction/uid?sign-in',
  } as const
  const choosing: NewPasswordPage = {
    action: '/forgot-password/new-password',
    accountId: 'acc_1',
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

export function setupPages({ email, phone }: Foreign): Record<string, Page> {
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
