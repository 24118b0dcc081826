import { createSetupLinks } from '../domain/accounts/index.ts'
import { type Audit, systemOrigin } from '../domain/audit/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Settings } from '../settings/index.ts'
import type { Storage } from '../storage/index.ts'
import { type Out, readOptions } from './read-options.ts'

export const setupLinkUsage = `latchkey setup-link [--json]

Prints a link that makes the first owner. It works once, for 24 hours, and only while there is no owner.

Ends with 0 when there is a link, 1 when an owner exists, 2 when the command is wrong.`

export interface SetupLinkParts {
  readonly storage: Pick<Storage, 'accounts'>
  readonly audit: Audit
  readonly settings: Pick<Settings, 'issuer'>
  readonly clock: Clock
  readonly random: Random
}

/** The command `setup-link`; answers the exit code. */
export async function setupLink(parts: SetupLinkParts, args: readonly string[], out: Out): Promise<number> {
  const { storage, audit, settings, clock, random } = parts
  const asked = readOptions(args)
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? setupLinkUsage : `${asked.what}\n\n${setupLinkUsage}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const entry = await audit.entry({
    ...systemOrigin('cli', 'setup-link', random),
    event: 'setup.link-made',
    outcome: 'success',
  })
  const secret = await createSetupLinks(storage.accounts, clock, random).issue([entry])
  const url = secret === null ? null : `${settings.issuer}/setup?token=${secret}`
  if (asked.json) out(JSON.stringify(url === null ? { error: 'owner_exists' } : { url }))
  else out(url ?? 'There is an owner already.')
  return url === null ? 1 : 0
}
