import { relative, sep } from 'node:path'
import type { ClientSettings } from './clients.ts'
import { isClearTextUrl, PROVIDER_URL_NAMES, PROVIDERS_NAME } from './delivery.ts'
import { isLoopbackName } from './loopback.ts'
import { MASTER_KEYS_MISSING, MASTER_KEYS_NAME } from './master-keys.ts'
import type { Problems } from './problems.ts'
import { REGISTER_URL_NAME } from './register.ts'
import type { Settings } from './settings.ts'

/** 32 characters of base64 are 192 bits; a secret that somebody thought of is shorter. */
const SHORTEST_CLIENT_SECRET = 32

const SENDERS = { sms: 'twilio', email: 'resend or smtp' } as const

/** Refuses every value that is for development, each with a line of its own (security.md, rule 13). */
export function refuseDevelopmentValues(settings: Settings, problems: Problems): void {
  const { issuer, demo, delivery, clients } = settings
  if (!issuer.startsWith('https://')) {
    problems.addIfSound('LATCHKEY_ISSUER', 'must be https in production; write the public URL')
  }
  if (demo.enabled) {
    problems.addIfSound('LATCHKEY_DEMO_PORT', 'must be off in production; write off, or leave it out')
  }
  refuseDevelopmentKeys(settings, problems)
  for (const channel of ['sms', 'email'] as const) {
    if (!(delivery[channel] as readonly string[]).includes('outbox')) continue
    const what = `outbox sends nothing; production needs a real sender: write ${SENDERS[channel]}`
    problems.addIfSound(PROVIDERS_NAME[channel], what)
  }
  for (const provider of ['twilio', 'resend'] as const) {
    const url = delivery[provider]?.apiUrl
    if (url === undefined || !isClearTextUrl(url)) continue
    problems.addIfSound(
      PROVIDER_URL_NAMES[provider],
      'must be https in production, unless it is on this machine',
    )
  }
  refuseClearTextRegister(settings, problems)
  for (const client of clients) refuseDevelopmentClient(client, problems)
}

function refuseDevelopmentKeys({ masterKeys, dataDir }: Settings, problems: Problems): void {
  const file = `${MASTER_KEYS_NAME}_FILE`
  if (masterKeys.from === 'data-dir') {
    if (!problems.has(file)) problems.addIfSound(MASTER_KEYS_NAME, MASTER_KEYS_MISSING)
    return
  }
  if (masterKeys.file === null) return
  const path = relative(dataDir, masterKeys.file)
  // Whoever copies the data would have the key to it too.
  if (path !== '..' && !path.startsWith(`..${sep}`)) {
    problems.add(file, 'must not lie in the data directory; keep keys and data apart')
  }
}

/** Who asks for whom, the token, and who is an officer cross the network there. */
function refuseClearTextRegister({ register }: Settings, problems: Problems): void {
  if (register.kind === 'built-in') return
  const { protocol, hostname } = new URL(register.url)
  if (protocol === 'https:' || isLoopbackName(hostname)) return
  problems.addIfSound(REGISTER_URL_NAME, 'must be https in production, unless it is on this machine')
}

function refuseDevelopmentClient(
  { id, metadata, secret, secretFrom }: ClientSettings,
  problems: Problems,
): void {
  const wrong = (place: string, what: string) => problems.add(`clients.json, ${id}.${place}`, what)
  if (secretFrom === 'file') {
    wrong(
      'client_secret',
      'must not stand in the file in production; write {"env": "NAME"}, or remove the client',
    )
  } else if (secret !== null && secret.reveal().length < SHORTEST_CLIENT_SECRET) {
    wrong('client_secret', `must have at least ${SHORTEST_CLIENT_SECRET} random characters in production`)
  }
  for (const [name, value] of Object.entries(metadata)) {
    const addresses = Array.isArray(value) ? value : [value]
    // Latchkey itself posts there, from its own machine.
    const type = name === 'backchannel_logout_uri' ? 'web' : metadata.application_type
    for (const address of addresses) {
      if (isClearText(address, type)) wrong(name, 'must be https in production')
    }
  }
}

/** RFC 8252 §7.3: a native application may listen on loopback, where nothing crosses a network. */
function isClearText(value: unknown, applicationType: 'web' | 'native'): boolean {
  if (typeof value !== 'string' || !/^http:\/\//i.test(value)) return false
  return applicationType === 'web' || !isLoopbackName(new URL(value).hostname)
}
