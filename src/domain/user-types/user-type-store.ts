import type { AuditEntry } from '../audit/index.ts'
import type { Raise } from '../revocations/index.ts'
import type { UserType } from './user-type.ts'

/** A user type in one of its versions; the highest one is in force. */
export interface StoredUserType {
  readonly type: UserType
  /** 1 for the first. */
  readonly version: number
  readonly createdAt: Date
}

export interface UserTypeStore {
  /** Inserts the types whose id is new, each as version 1; answers the ids that were. */
  keep(types: readonly UserType[], now: Date, audit: readonly AuditEntry[]): Promise<string[]>
  /**
   * Puts a new version of a type in force while `from` is the one that is; false when it is not, or when the type
   * is unknown. Records and raised generations go into the same write.
   */
  replace(
    type: UserType,
    from: number,
    now: Date,
    write: { readonly audit: readonly AuditEntry[]; readonly raises: readonly Raise[] },
  ): Promise<boolean>
  /** The version in force. */
  find(id: string): Promise<StoredUserType | null>
  /** Stays the same for as long as no type in force does change, comes or goes. */
  fingerprint(): Promise<string>
  /** All in force, by id. */
  list(): Promise<StoredUserType[]>
}
