/** What an administrator may do; an attribute of its own, never from a user type or a role. */
export type AdminRole = 'owner' | 'operator' | 'support' | 'auditor'

export type AccountStatus = 'active' | 'awaiting-approval' | 'invited' | 'disabled' | 'deactivated'

/** An email address or a phone number in canonical form. Unverified, it identifies nobody and gets no message. */
export interface Contact {
  readonly value: string
  readonly verifiedAt: Date | null
}

/** A person known to Latchkey. */
export interface Account {
  readonly id: string
  readonly userType: string
  readonly userTypeVersion: number
  readonly status: AccountStatus
  readonly email: Contact | null
  readonly phone: Contact | null
  readonly userId: string | null
  readonly employeeId: string | null
  /** Versioned string, see domain/passwords; null for an account that has no password. */
  readonly passwordHash: string | null
  readonly passwordChangedAt: Date | null
  /** Granted directly, beside those of the type. */
  readonly roles: readonly string[]
  readonly adminRole: AdminRole | null
  readonly createdAt: Date
  readonly lastSignInAt: Date | null
  /** Rises with every change. */
  readonly version: number
}
