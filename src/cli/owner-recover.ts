import { type Account, createOwnerLinks } from '../domain/accounts/index.ts'
import { type Audit, systemOrigin } from '../domain/audit/index.ts'
import { canonicalIdentifier } from '../lib/canonical.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Settings } from '../settings/index.ts'
import type { Storage } from '../storage/index.ts'
import { type Out, readOptions } from './read-options.ts'

export const ownerRecoverUsage = `latchkey owner recover IDENTIFIER [--json]

Prints a link by which an owner who has forgotten the password sets a new one. It works once, for an hour.
IDENTIFIER is what the owner signs in with. For anybody else there is the page /forgot-password.

Ends with 0 when there is a link, 1 when this is no owner or one who is disabled, 2 when the command is wrong.`

export interface OwnerRecoverParts {
  readonly storage: Pick<Storage, 'accounts'>
  readonly audit: Audit
  readonly settings: Pick<Settings, 'issuer' | 'pages'>
  readonly clock: Clock
  readonly random: Random
}

/** The command `owner recover`; answers the exit code. */
export async function ownerRecover(
  parts: OwnerRecoverParts,
  args: readonly string[],
  out: Out,
): Promise<number> {
  const { storage, audit, settings, clock, random } = parts
  const asked = readOptions(args, { operand: 'IDENTIFIER' })
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? ownerRecoverUsage : `${asked.what}\n\n${ownerRecoverUsage}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const owner = await findOwner(asked.operand)
  const secret = owner ? await issue(owner) : null
  const url = secret === null ? null : `${settings.issuer}/owner-recovery?token=${secret}`
  if (asked.json) out(JSON.stringify(url === null ? { error: 'no_such_owner' } : { url }))
  else out(url ?? 'No owner signs in with this, or not any more.')
  return url === null ? 1 : 0

  async function findOwner(typed: string): Promise<Account | null> {
    for (const identifier of canonicalIdentifier(typed, settings.pages.phoneRegion)) {
      const account = await storage.accounts.findByIdentifier(identifier)
      if (account?.adminRole === 'owner') return account
    }
    return null
  }

  async function issue(account: Account): Promise<string | null> {
    const entry = await audit.entry({
      ...systemOrigin('cli', 'owner recover', random),
      event: 'password.owner-link-made',
      outcome: 'success',
      subject: { kind: 'account', id: account.id },
    })
    return createOwnerLinks(storage.accounts, clock, random).issue(account, [entry])
  }
}
