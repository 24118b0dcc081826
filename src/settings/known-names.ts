import { nearest } from './nearest.ts'
import type { Problems } from './problems.ts'

/** Of these only the tests know. */
const TEST_PREFIX = 'LATCHKEY_TEST_'

/**
 * Kubernetes gives every pod variables of each Service beside it; a Service called latchkey (or latchkey-demo …)
 * makes names that look like ours: LATCHKEY_SERVICE_HOST, LATCHKEY_PORT_3000_TCP_ADDR, LATCHKEY_PORT=tcp://….
 */
const SERVICE_NAME =
  /^LATCHKEY_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/
const SERVICE_ADDRESS = /^(?:tcp|udp|sctp):\/\//

type Values = Readonly<Record<string, string | undefined>>

export function isServiceLink(name: string, value: string): boolean {
  return SERVICE_NAME.test(name) || (name.endsWith('_PORT') && SERVICE_ADDRESS.test(value))
}

/** The environment without what Kubernetes made, which is one problem of its own. */
export function withoutServiceLinks(values: Values, problems: Problems): Values {
  const ours: Record<string, string | undefined> = {}
  const links: string[] = []
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith('LATCHKEY_') && isServiceLink(name, value ?? '')) links.push(name)
    else ours[name] = value
  }
  const what =
    'made by Kubernetes for a Service whose name begins with latchkey; write enableServiceLinks: false in the pod'
  if (links.length > 0) problems.add(links.sort().join(', '), what)
  return ours
}

/** A name nobody reads is a setting that somebody thinks is in force. */
export function refuseUnknownNames(values: Values, known: readonly string[], problems: Problems): void {
  for (const name of Object.keys(values)) {
    if (!name.startsWith('LATCHKEY_') || name.startsWith(TEST_PREFIX) || known.includes(name)) continue
    const meant = nearest(name, known)
    problems.add(name, `is not known; ${meant === null ? 'remove it' : `did you mean ${meant}?`}`)
  }
}
