import { busyPage, type ErrorPage, errorPage } from '../../../src/http/error-pages.ts'
import type { Page } from '../../../src/http/page.ts'
import { messagesPage, outboxPage } from '../../../src/journeys/dev/pages.ts'
import { signedOutPage, signOutPage, stillSignedInPage } from '../../../src/journeys/sign-out/pages.ts'
import { addSeconds } from '../../../src/lib/clock.ts'
import { codeModel, type Foreign, NOW, sampleRender } from '../sample-base.ts'

export function endings({ client, person }: Foreign): Record<string, Page> {
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

export function errorPages({ client, description }: Foreign): Record<string, Page> {
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

export function messagePreviews({ client }: Foreign): Record<string, Page> {
  const render = sampleRender()
  const model = codeModel({ clientName: client })
  return {
    messages: messagesPage({
      url: '/dev/messages',
      languages: ['en', 'hi'],
      language: 'en',
      types: ['user', 'judge'],
      userType: 'judge',
      messages: [
        {
          id: 'code-1',
          template: 'code',
          sms: render.message('code', 'sms', model, 'en').text,
          mail: render.message('code', 'email', model, 'en'),
          bodyUrl: '/dev/messages/code-1/body?language=en&userType=judge',
          sample: JSON.stringify(model),
        },
      ],
    }),
  }
}

export function outboxPages({ email, phone, client }: Foreign): Record<string, Page> {
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
