import { type CodePage, codePage } from '../../../src/http/code-page.ts'
import type { Page } from '../../../src/http/page.ts'
import {
  type CompletePage,
  completePage,
  type PasswordPage,
  passwordPage,
  type WithCodePage,
  withCodePage,
} from '../../../src/journeys/sign-in/pages.ts'
import { addSeconds } from '../../../src/lib/clock.ts'
import { type Foreign, NOW } from '../sample-base.ts'

export function passwordPages({ client, email }: Foreign): Record<string, Page> {
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

export function withCodePages({ client, email }: Foreign): Record<string, Page> {
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

export function completePages({ client, typeName, person }: Foreign): Record<string, Page> {
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
    accountId: 'acc_1',
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

export function codePages({ phone, email }: Foreign): Record<string, Page> {
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
    'code-undelivered': codePage({ ...plain, trouble: 'undelivered', lostContact: email }),
    'code-channel-down': codePage({ ...plain, trouble: 'channel-down', otherChannel: null }),
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
