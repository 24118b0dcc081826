/** The code of a system error such as ENOENT, or null. By shape: what node throws may be of another realm's Error. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}

/** The same of what a call of the system refused, such as opening a file; null for any other error. */
export function systemErrorCode(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'syscall' in error ? errorCode(error) : null
}
