import type { Context } from 'koa'
import { koaBody } from 'koa-body'
import { Malformed, TooLarge } from '../lib/errors.ts'
import { BODY_LIMIT_BYTES } from './form.ts'

// As it came in, to the byte: a signature is over that.
const readText = koaBody({
  urlencoded: false,
  json: false,
  text: true,
  textTypes: ['application/json'],
  textLimit: BODY_LIMIT_BYTES,
  onError: (error) => {
    if ('status' in error && error.status === 413) throw new TooLarge()
    throw new Malformed('The body could not be read.', { cause: error })
  },
})

/** The text of a JSON body, unread. */
export async function readJsonText(ctx: Context): Promise<string> {
  if (!ctx.is('json')) throw new Malformed('JSON is expected.')
  await readText(ctx, async () => {})
  return String(ctx.request.body ?? '')
}
