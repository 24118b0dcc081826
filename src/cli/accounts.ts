import { parseArgs } from 'node:util'
import type { Account, Accounts } from '../domain/accounts/index.ts'
import { systemOrigin } from '../domain/audit/index.ts'
import { assertNever } from '../lib/errors.ts'
import type { Random } from '../lib/ids.ts'
import type { Administration, ApprovalRefusal, ApproveOutcome } from '../steps/index.ts'
import type { Out } from './read-options.ts'

export type AccountsAction = 'approve' | 'reject' | 'disable' | 'enable' | 'unlock'

const ABOUT: Readonly<Record<AccountsAction, string>> = {
  approve: `Lets an account that waits for approval sign in, and tells the person. For a type that is checked
against the register, its employee ID is claimed now, or the approval is refused with the reason.`,
  reject: `Takes an account away that waits for approval or is invited. Its contact is free again; a person whose
contact was verified is told.`,
  disable: `Shuts an account out: sessions, refresh tokens, access tokens and known devices end at once.`,
  enable: `Lets an account that is disabled or deactivated sign in again. What had ended stays ended.`,
  unlock: `Lifts the pauses that wrong passwords or codes have brought on an account.`,
}

export function accountsUsage(action: AccountsAction): string {
  return `latchkey accounts ${action} ID [--json]

${ABOUT[action]}

  ID      the id of the account (acc_…), or whatever it signs in by: an email, a phone number, a user ID,
          an employee ID
  --json  the outcome as JSON

Ends with 0 when it is so now, 1 when it was refused, 2 when the command is wrong.`
}

export interface AccountsParts {
  readonly administration: Administration
  readonly accounts: Accounts
  readonly random: Random
}

/** A command of `accounts` about one account; answers the exit code. */
export async function changeOneAccount(
  action: AccountsAction,
  { administration, accounts, random }: AccountsParts,
  args: readonly string[],
  out: Out,
): Promise<number> {
  const asked = readArgs(args)
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? accountsUsage(action) : `${asked.what}\n\n${accountsUsage(action)}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const { id, json } = asked
  const found = await findAccounts(accounts, id)
  const [account] = found
  const answer =
    account === undefined
      ? UNKNOWN
      : found.length > 1
        ? ambiguous(found)
        : tell(
            action,
            account.id,
            await administration[action](account.id, systemOrigin('cli', `accounts ${action}`, random)),
          )
  out(json ? JSON.stringify(answer.data) : answer.sentence)
  return answer.ok ? 0 : 1
}

type ReadArgs =
  | { readonly kind: 'run'; readonly id: string; readonly json: boolean }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly what: string }

function readArgs(args: readonly string[]): ReadArgs {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
      allowPositionals: true,
    })
    if (values.help) return { kind: 'help' }
    const [id, ...more] = positionals
    if (id === undefined || more.length > 0) return { kind: 'wrong', what: 'Write one ID.' }
    return { kind: 'run', id, json: values.json ?? false }
  } catch (error) {
    return { kind: 'wrong', what: error instanceof Error ? error.message : String(error) }
  }
}

/** Ten digits may be one person's phone number and another's employee ID: then more than one. */
async function findAccounts(accounts: Accounts, id: string): Promise<Account[]> {
  const byId = await accounts.find(id)
  if (byId) return [byId]
  const found = await accounts.findByTyped(id)
  return [...new Map(found.map(({ account }) => [account.id, account])).values()]
}

interface Answer {
  readonly ok: boolean
  readonly sentence: string
  readonly data: object
}

function refused(error: string, sentence: string, more: object = {}): Answer {
  return { ok: false, sentence, data: { ok: false, error, ...more } }
}

const UNKNOWN = refused('unknown', 'There is no such account.')

function ambiguous(found: readonly Account[]): Answer {
  const ids = found.map(({ id }) => id)
  return refused('ambiguous', `Several accounts fit; write the id of one: ${ids.join(', ')}`, { ids })
}

const DONE: Readonly<Record<AccountsAction, string>> = {
  approve: 'is approved and may sign in.',
  reject: 'is taken away; its contact is free.',
  disable: 'is disabled; everything it was signed in to has ended.',
  enable: 'may sign in again.',
  unlock: 'has no pause any more.',
}

const ALREADY: Readonly<Record<AccountsAction, string>> = {
  approve: 'is active already.',
  reject: 'is gone already.',
  disable: 'is disabled already.',
  enable: 'is active already.',
  unlock: 'has no pause.',
}

const APPROVAL_REFUSALS: Readonly<Record<ApprovalRefusal, string>> = {
  'no-employee-id': 'it has no employee ID, which its type needs.',
  'no-record': 'the register has no record with its employee ID.',
  'not-active': 'the record with its employee ID is not active.',
  role: 'the role in the register does not fit its type.',
  'no-match': 'what it says of itself is not what the register says.',
  contact: 'its contact is not one that the register has.',
  claimed: 'another account has claimed its employee ID.',
  taken: 'its employee ID is the user ID of another account.',
}

function tell(action: AccountsAction, id: string, outcome: ApproveOutcome): Answer {
  switch (outcome.kind) {
    case 'changed':
    case 'unchanged': {
      const sentences = outcome.kind === 'changed' ? DONE : ALREADY
      const status = action === 'reject' ? null : outcome.account.status
      const data = { ok: true, id, status, changed: outcome.kind === 'changed' }
      return { ok: true, sentence: `${id} ${sentences[action]}`, data }
    }
    case 'unknown':
      return UNKNOWN
    case 'wrong-status': {
      const { status } = outcome
      return refused('wrong_status', `${id} is ${status}: ${action} is not for such an account.`, {
        id,
        status,
      })
    }
    case 'refused': {
      const { reason } = outcome
      return refused('refused', `${id} cannot be approved: ${APPROVAL_REFUSALS[reason]}`, { id, reason })
    }
    case 'register-unavailable':
      return refused(
        'register_unavailable',
        'The register of employees cannot be asked now; try again later.',
        {
          id,
        },
      )
    default:
      return assertNever(outcome)
  }
}
