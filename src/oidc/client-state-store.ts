import type { AuditEntry } from '../domain/audit/index.ts'
import type { Raise } from '../domain/revocations/index.ts'

/** What goes into the same write as a change of a client's state. */
export interface ClientStateWrite {
  readonly raises: readonly Raise[]
  readonly audit: readonly AuditEntry[]
  readonly at: Date
}

/** What administrators have done to clients; a client that nothing was done to has no state and is enabled. */
export interface ClientStateStore {
  isDisabled(clientId: string): Promise<boolean>
  /** True when this call changed it; otherwise nothing of `write` happens. */
  setDisabled(clientId: string, disabled: boolean, write: ClientStateWrite): Promise<boolean>
}
