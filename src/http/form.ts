import type { Context } from 'koa'
import { koaBody } from 'koa-body'
import type { z } from 'zod'
import { Malformed, TooLarge } from '../lib/errors.ts'

/** No form or JSON body of ours is larger. */
export const BODY_LIMIT_BYTES = 64 * 1024
/** More inputs than any of our forms has. */
const MOST_INPUTS = 200

// Taken as text: a parser that makes lists and objects of `a[$ne]=` would hide what must be refused.
const readText = koaBody({
  urlencoded: false,
  json: false,
  text: true,
  textTypes: ['application/x-www-form-urlencoded'],
  textLimit: BODY_LIMIT_BYTES,
  onError: (error) => {
    if ('status' in error && error.status === 413) throw new TooLarge()
    throw new Malformed('The form could not be read.', { cause: error })
  },
})

/** Reads a plain form: names and strings, each name once. Lists, objects and repeated names are refused. */
export async function readForm(ctx: Context): Promise<Readonly<Record<string, string>>> {
  if (!ctx.is('urlencoded')) throw new Malformed('A form is expected, application/x-www-form-urlencoded.')
  await readText(ctx, async () => {})
  const pairs = [...new URLSearchParams(String(ctx.request.body ?? ''))]
  if (pairs.length > MOST_INPUTS) throw new Malformed('The form has too many inputs.')
  const form: Record<string, string> = Object.create(null)
  for (const [name, value] of pairs) {
    if (name in form) throw new Malformed('An input stands twice in the form.')
    form[name] = value
  }
  return form
}

/** A form that a schema accepts; anything else is 400, since our own pages cannot post it. */
export async function readFormAs<S extends z.ZodType>(ctx: Context, schema: S): Promise<z.infer<S>> {
  return parseForm(await readForm(ctx), schema)
}

/** The same for a form that was read before, since what it says decides what else may stand in it. */
export function parseForm<S extends z.ZodType>(
  form: Readonly<Record<string, string>>,
  schema: S,
): z.infer<S> {
  const parsed = schema.safeParse({ ...form })
  if (!parsed.success)
    throw new Malformed('The form has inputs that it should not have.', { cause: parsed.error })
  return parsed.data
}
