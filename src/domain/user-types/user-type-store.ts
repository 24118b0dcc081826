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

/**
 * `conflict`: the version in force is another, or the type is unknown. `another-creates-accounts`: one type in force
 * does already, and only one may.
 */
export type ReplaceUserTypeResult = 'replaced' | 'conflict' | 'another-creates-accounts'

export interface UserTypeStore {
  /** Inserts the types whose id is new, each as version 1; answers the ids that were. */
  keep(types: readonly UserType[], now: Date, audit: readonly AuditEntry[]): Promise<string[]>
  /**
   * Puts a new version of a type in force while `from` is the one that is. Records and raised generations go into
   * the same write. Of changes at once that would make several types create accounts one is taken.
   */
  replace(
    type: UserType,
    from: number,
    now: Date,
    write: { readonly audit: readonly AuditEntry[]; readonly raises: readonly Raise[] },
  ): Promise<ReplaceUserTypeResult>
  /** The version in force. */
  find(id: string): Promise<StoredUserType | null>
  /** All that a type ever was, the newest first. */
  listVersions(id: string): Promise<StoredUserType[]>
  /** Stays the same for as long as no type in force does change, comes or goes. */
  fingerprint(): Promise<string>
  /** All in force, by id. */
  list(): Promise<StoredUserType[]>
}
