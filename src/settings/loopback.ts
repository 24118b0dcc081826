import { isIPv4 } from 'node:net'

/** Is this host, as a setting or a URL writes it, only reached from the machine itself? */
export function isLoopbackName(host: string): boolean {
  return ['localhost', '::1', '[::1]'].includes(host) || (isIPv4(host) && host.startsWith('127.'))
}
