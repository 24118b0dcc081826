import type { AccountStore } from '../domain/accounts/index.ts'
import type { AuditStore } from '../domain/audit/index.ts'
import type { MessageStore } from '../domain/delivery/index.ts'
import type { DeviceStore } from '../domain/devices/index.ts'
import type { EmployeeStore } from '../domain/employees/index.ts'
import type { KeyStore } from '../domain/keys/index.ts'
import type { LimitStore } from '../domain/limits/index.ts'
import type { ChallengeStore } from '../domain/otp/index.ts'
import type { ProgressStore } from '../domain/progress/index.ts'
import type { RevocationStore } from '../domain/revocations/index.ts'
import type { UserTypeStore } from '../domain/user-types/index.ts'
import type { ArtifactStore, ClientStateStore, LogoutNoticeStore } from '../oidc/index.ts'
import type { LeaseStore } from '../workers/index.ts'

/** The bag of ports that every backend implements; each port's law stands beside it as a contract. */
export interface Storage {
  readonly accounts: AccountStore
  readonly artifacts: ArtifactStore
  readonly audit: AuditStore
  readonly challenges: ChallengeStore
  readonly clientStates: ClientStateStore
  readonly devices: DeviceStore
  readonly employees: EmployeeStore
  readonly keys: KeyStore
  readonly leases: LeaseStore
  readonly limits: LimitStore
  readonly logoutNotices: LogoutNoticeStore
  readonly messages: MessageStore
  readonly progress: ProgressStore
  readonly revocations: RevocationStore
  readonly userTypes: UserTypeStore
  /** Throws Unavailable when the backend does not answer. */
  ready(): Promise<void>
  close(): Promise<void>
}
