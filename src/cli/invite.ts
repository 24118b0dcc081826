import { parseArgs } from 'node:util'
import { systemOrigin } from '../domain/audit/index.ts'
import type { Random } from '../lib/ids.ts'
import type { Administration, InvitationProblem, InvitationTyped } from '../steps/index.ts'
import type { Out } from './read-options.ts'

export const inviteUsage = `latchkey invite --type TYPE (--email EMAIL | --phone PHONE) [--employee-id ID] [--role ROLE]… [--json]

Prepares an account and sends an invitation to its owner: a link that works once, for 72 hours. The link goes to that
contact alone and is not shown here, because following it proves the contact.

  --type         the user type of the account
  --email        where the invitation goes; or --phone, with the country code
  --employee-id  for a type that is checked against the register: whom the account is for
  --role         a role that this account has beside those of its type; may be repeated
  --json         the outcome as JSON

Ends with 0 when the invitation is on its way, 1 when it was refused, 2 when the command is wrong.`

export interface InviteCommandParts {
  readonly administration: Pick<Administration, 'invite'>
  readonly random: Random
}

/** The command `invite`; answers the exit code. */
export async function invite(
  { administration, random }: InviteCommandParts,
  args: readonly string[],
  out: Out,
): Promise<number> {
  const asked = readArgs(args)
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? inviteUsage : `${asked.what}\n\n${inviteUsage}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const outcome = await administration.invite(asked.typed, systemOrigin('cli', 'invite', random))
  if (outcome.kind === 'refused') {
    const problems = outcome.problems.map((one) => ({ ...one, message: sentenceOf(one) }))
    if (asked.json) out(JSON.stringify({ ok: false, error: 'refused', problems }))
    else for (const { message } of problems) out(message)
    return 1
  }
  const { account, channel, destination, worksUntil } = outcome
  if (asked.json) out(JSON.stringify({ ok: true, id: account.id, channel, destination, worksUntil }))
  else
    out(
      `The invitation goes to ${destination} by ${channel === 'sms' ? 'text message' : 'email'} and works until ${worksUntil.toISOString()}.\nThe account is ${account.id}.`,
    )
  return 0
}

type ReadArgs =
  | { readonly kind: 'run'; readonly typed: InvitationTyped; readonly json: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly what: string }

function readArgs(args: readonly string[]): ReadArgs {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        type: { type: 'string' },
        email: { type: 'string' },
        phone: { type: 'string' },
        'employee-id': { type: 'string' },
        role: { type: 'string', multiple: true },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    if (values.help) return { kind: 'help' }
    const { type: userType, email, phone, role: roles, 'employee-id': employeeId } = values
    if (userType === undefined) return { kind: 'wrong', what: '--type is missing.' }
    if ((email === undefined) === (phone === undefined))
      return { kind: 'wrong', what: 'Write --email or --phone, one of both.' }
    const typed = {
      userType,
      ...(email !== undefined && { email }),
      ...(phone !== undefined && { phone }),
      ...(employeeId !== undefined && { employeeId }),
      ...(roles !== undefined && { roles }),
    }
    return { kind: 'run', typed, json: values.json ?? false }
  } catch (error) {
    return { kind: 'wrong', what: error instanceof Error ? error.message : String(error) }
  }
}

function sentenceOf(one: InvitationProblem): string {
  switch (one.field) {
    case 'userType':
      return '--type: there is no such user type.'
    case 'contact':
      return 'Write an email or a phone, one of both.'
    case 'email':
    case 'phone':
      return `--${one.field}: ${CONTACT_PROBLEMS[one.problem]}`
    case 'employeeId':
      return one.problem === 'malformed'
        ? '--employee-id: this can be no employee ID.'
        : '--employee-id: accounts of this type have none.'
    case 'roles':
      return one.problem === 'reserved'
        ? `--role: "${one.value}" is a word of administration, not a role.`
        : `--role: "${one.value}" must be letters, digits or ._:- and at most 64 long.`
    default:
      return `${one.field}: ${one.problem}`
  }
}

const CONTACT_PROBLEMS = {
  malformed: 'this is not a whole address or number; a number begins with + and the country code.',
  'not-of-type': 'accounts of this type have no such contact, or get no code there.',
  refused: 'text messages to this country are switched off in limits.json.',
  taken: 'an account has this contact already.',
} as const
