/** What an administrator may do; an attribute of its own, never from a user type or a role. */
export type AdminRole = 'owner' | 'operator' | 'support' | 'auditor'

export type AccountStatus = 'active' | 'awaiting-approval' | 'invited' | 'disabled' | 'deactivated'

/** An email address or a phone number in canonical form. Unverified, it identifies nobody and gets no message. */
export interface Contact {
  readonly value: string
  readonly verifiedAt: Date | null
}

/** A field's value at rest: in clear, or sealed where its field is sensitive. */
export type StoredField = string | number | { readonly sealed: string }

/** A person known to Latchkey. */
export interface Account {
  readonly id: string
  readonly userType: string
  readonly userTypeVersion: number
  readonly status: AccountStatus
  readonly email: Contact | null
  readonly phone: Contact | null
  readonly userId: string | null
  /** Of an account that waits for approval it is what was asked for: it identifies nobody yet. */
  readonly employeeId: string | null
  /** By field name; fields that the type has no longer stay as they were. */
  readonly fields: Readonly<Record<string, StoredField>>
  /** Versioned string, see domain/passwords; null for an account that has no password. */
  readonly passwordHash: string | null
  readonly passwordChangedAt: Date | null
  /** Granted directly, beside those of the type. */
  readonly roles: readonly string[]
  readonly adminRole: AdminRole | null
  readonly createdAt: Date
  readonly lastSignInAt: Date | null
  /** By which channel its password was reset, until it signs in: that sign-in asks for a code by the other one. */
  readonly recoveredBy: 'sms' | 'email' | null
  /** Set while `status` is `deactivated`. */
  readonly deactivatedAt: Date | null
  /** Rises with every change. */
  readonly version: number
}
