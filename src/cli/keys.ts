import { parseArgs } from 'node:util'
import { type Audit, systemOrigin } from '../domain/audit/index.ts'
import { KEY_SCHEDULE, type Keys, type Rotated, type RotateHow } from '../domain/keys/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import { rotationRecord } from '../workers/index.ts'
import { type Out, readOptions } from './read-options.ts'

export const keysRotateUsage = `latchkey keys rotate [--drop-old] [--json]

Makes the next signing keys. They are published at once and sign ${KEY_SCHEDULE.aheadSeconds / 60} minutes later, when every verifier has
them; the former ones stay published until nothing that they signed is needed any more. Servers take them by
themselves, and rotate by themselves every ${KEY_SCHEDULE.everySeconds / 86_400} days: this is for when you do not want to wait.

  --drop-old  for keys that somebody else may have: the former keys are dropped and the new ones sign at once.
              Every token signed before is refused from then on, here within 10 seconds, elsewhere when a
              verifier reads the key set again (5 minutes). Sessions and refresh tokens go on.
  --json      the outcome as JSON

Ends with 0 when new keys are there or on their way already, 2 when the command is wrong.`

export const keysListUsage = `latchkey keys list [--json]

Shows the signing keys, and how many keys lie under each master key: one with none may be taken out of
LATCHKEY_MASTER_KEYS. Shows no key.

Ends with 0, or with 2 when the command is wrong.`

export interface KeysRotateParts {
  readonly keys: Pick<Keys, 'rotate'>
  readonly audit: Audit
  readonly random: Random
}

/** The command `keys rotate`; answers the exit code. */
export async function keysRotate(
  { keys, audit, random }: KeysRotateParts,
  args: readonly string[],
  out: Out,
): Promise<number> {
  const asked = readRotate(args)
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? keysRotateUsage : `${asked.what}\n\n${keysRotateUsage}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const origin = systemOrigin('cli', 'keys rotate', random)
  const rotated = await keys.rotate(asked.how, rotationRecord(audit, origin))
  out(asked.json ? JSON.stringify(rotated) : sentenceOf(rotated, asked.how))
  return 0
}

function sentenceOf(rotated: Rotated, how: RotateHow): string {
  const activeAt = rotated.activeAt.toISOString()
  if (rotated.kind === 'under-way')
    return `New keys are published already and sign from ${activeAt}; none were made.`
  const made = `New keys: ${rotated.slots.join(', ')}.`
  if (how === 'drop-old') return `${made} They sign now; the former keys are dropped.`
  return `${made} They sign from ${activeAt}; the former keys leave the key set at ${rotated.retiredAt.toISOString()}.`
}

type AskedRotate =
  | { readonly kind: 'run'; readonly json: boolean; readonly how: RotateHow }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly what: string }

function readRotate(args: readonly string[]): AskedRotate {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { 'drop-old': { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
    })
    if (values.help) return { kind: 'help' }
    return { kind: 'run', json: values.json ?? false, how: values['drop-old'] ? 'drop-old' : 'overlap' }
  } catch (error) {
    return { kind: 'wrong', what: error instanceof Error ? error.message : String(error) }
  }
}

/** The command `keys list`; answers the exit code. */
export async function keysList(
  { keys, clock }: { readonly keys: Pick<Keys, 'list'>; readonly clock: Clock },
  args: readonly string[],
  out: Out,
): Promise<number> {
  const asked = readOptions(args)
  if (asked.kind !== 'run') {
    out(asked.kind === 'help' ? keysListUsage : `${asked.what}\n\n${keysListUsage}`)
    return asked.kind === 'help' ? 0 : 2
  }
  const list = await keys.list()
  const signing = list
    .filter(({ use }) => use === 'signing')
    .map(({ slot, activeAt, retiredAt }) => ({ slot, activeAt, retiredAt }))
  const masterKeys = [...Map.groupBy(list, ({ masterKeyId }) => masterKeyId)].map(([id, under]) => ({
    id,
    keys: under.length,
  }))
  if (asked.json) out(JSON.stringify({ signing, masterKeys }))
  else {
    for (const { slot, activeAt, retiredAt } of signing) {
      const verb = activeAt && activeAt > clock.now() ? 'signs from' : 'signs since'
      const end = retiredAt ? `, leaves the key set at ${retiredAt.toISOString()}` : ''
      out(`${slot.padEnd(9)} ${verb} ${activeAt?.toISOString() ?? 'its making'}${end}`)
    }
    for (const { id, keys: count } of masterKeys) out(`master key ${id}: ${count} keys lie under it`)
  }
  return 0
}
