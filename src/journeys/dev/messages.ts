import Router from '@koa/router'
import type { Context } from 'koa'
import type { UserTypeStore } from '../../domain/user-types/index.ts'
import { MESSAGE_TEMPLATES, messageSamples } from '../../http/message-samples.ts'
import type { Render } from '../../http/render.ts'
import type { Show } from '../../http/show.ts'
import { NotFound } from '../../lib/errors.ts'
import { answerMail } from './mail-body.ts'
import { messagesPage } from './pages.ts'

export interface PreviewParts {
  readonly render: Render
  readonly userTypes: Pick<UserTypeStore, 'list'>
  /** Origin of the issuer. */
  readonly issuer: string
  readonly show: Show
}

const PATH = '/dev/messages'

/** Development only: every message with sample data, in each language and for each type of account. */
export function previewRoutes({ render, userTypes, issuer, show }: PreviewParts): Router {
  const samples = messageSamples(issuer)
  const all = MESSAGE_TEMPLATES.flatMap((template) =>
    samples[template].map((model, index) => ({ id: `${template}-${index + 1}`, template, model })),
  )
  return new Router().get(PATH, showMessages).get(`${PATH}/:id/body`, showBody)

  function chosen({ query }: Context): { language: string; userType: string } {
    const [first = 'en'] = render.languages
    const language = render.languages.find((one) => one === query['language']) ?? first
    return { language, userType: String(query['userType'] ?? '') }
  }

  async function showMessages(ctx: Context) {
    const { language, userType } = chosen(ctx)
    const types = (await userTypes.list()).map(({ type }) => type.id)
    const query = new URLSearchParams({ language, userType })
    const page = messagesPage({
      url: PATH,
      languages: render.languages,
      language,
      types,
      userType,
      messages: all.map(({ id, template, model }) => ({
        id,
        template,
        sms: render.message(template, 'sms', model, language, userType).text,
        mail: render.message(template, 'email', model, language, userType),
        bodyUrl: `${PATH}/${id}/body?${query}`,
        sample: JSON.stringify(model, null, 2),
      })),
    })
    show(ctx, page, { frames: true })
  }

  function showBody(ctx: Context) {
    const { language, userType } = chosen(ctx)
    const one = all.find(({ id }) => id === ctx['params'].id)
    if (!one) throw new NotFound()
    answerMail(ctx, render.message(one.template, 'email', one.model, language, userType).html)
  }
}
