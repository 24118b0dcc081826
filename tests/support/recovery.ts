import { type BalancedVisitor, createBalancedVisitor, type Reply } from './balanced-visitor.ts'
import { messagesTo } from './people.ts'
import { createRelyingParty } from './relying-party.ts'

export const NEW_PASSWORD = 'copper-window-seventy-geese'
/** Eight digits are never nine: wrong for certain. */
export const WRONG_RECOVERY_CODE = '000000000'

/** Somebody says who they are and asks for a code; ends at the page that asks for it. */
export async function forget(
  node: string,
  identifier: string,
  { visitor = createBalancedVisitor(node), start = '/forgot-password' } = {},
): Promise<BalancedVisitor> {
  await visitor.open(start)
  await visitor.submit('forgot-password', { identifier })
  return visitor
}

/** The start page of a recovery inside an authorization request of the demo application. */
export async function forgetInside(node: string, visitor = createBalancedVisitor(node)) {
  const request = createRelyingParty(node).authorize({ prompt: 'login' })
  await visitor.open(request.url)
  return { visitor, request, start: `${new URL(visitor.at.url).pathname}/forgot-password` }
}

/** The newest code of a recovery to this contact, once there are `count`. */
export async function recoveryCodeFor(node: string, to: string, count = 1): Promise<string> {
  for (let look = 0; look < 200; look++) {
    const codes = (await messagesTo(node, to)).flatMap(({ code }) => (code?.length === 8 ? [code] : []))
    if (codes.length >= count && codes[0] !== undefined) return codes[0]
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`No code of a recovery reached ${to}.`)
}

/** From the start to the page that asks for a new password. */
export async function proveContact(
  node: string,
  contact: string,
  options: { identifier?: string; visitor?: BalancedVisitor; start?: string; count?: number } = {},
): Promise<BalancedVisitor> {
  const visitor = await forget(node, options.identifier ?? contact, options)
  await visitor.submit('code', { code: await recoveryCodeFor(node, contact, options.count) })
  return visitor
}

export const isAt = ({ page }: Pick<Reply, 'page'>, form: string) =>
  page.querySelector(`form[id="${form}"]`) !== null
