import type { AuditEntry } from '../domain/audit/index.ts'

/** The models of oidc-provider that are stored (an access token is a JWT and never is). */
export type ArtifactModel =
  | 'Session'
  | 'Interaction'
  | 'Grant'
  | 'AuthorizationCode'
  | 'RefreshToken'
  | 'PushedAuthorizationRequest'
  | 'ReplayDetection'

/**
 * A thing of oidc-provider as stored: its id and links as keyed hashes (base64url), its payload sealed. The
 * generations are those that its account, its client and the issuer had when it was made; when one was raised since,
 * or the issuer has another, the artifact is absent.
 */
export interface Artifact {
  readonly model: ArtifactModel
  readonly id: string
  readonly payload: Uint8Array
  readonly accountId: string | null
  readonly clientId: string | null
  readonly grantId: string | null
  readonly uid: string | null
  readonly sessionUid: string | null
  readonly accountGeneration: number | null
  readonly clientGeneration: number | null
  /** Null: made by a version that did not stamp it, and alive. */
  readonly issuerGeneration: string | null
  readonly expiresAt: Date
  readonly consumedAt: Date | null
}

/** What can die and take artifacts with it; ids are stored ids. */
export interface DeadRoot {
  readonly kind: 'account' | 'client' | 'session' | 'grant'
  readonly id: string
}

export type ConsumeResult = 'won' | 'lost' | 'absent'

/**
 * Absent means: never stored, expired, of an older sign-in generation of its account or client, of another
 * generation of the issuer, under an ended grant, or of an ended session. `end` of RevocationStore with the hashed id makes a grant or session ended.
 */
export interface ArtifactStore {
  /** Inserts or replaces; a replaced one keeps its generations and `consumedAt`. */
  save(artifact: Artifact): Promise<void>
  /** Inserts; false and nothing changed when the id is there already (and not expired). */
  insert(artifact: Artifact, now: Date): Promise<boolean>
  find(model: ArtifactModel, id: string, now: Date): Promise<Artifact | null>
  findByUid(model: ArtifactModel, uid: string, now: Date): Promise<Artifact | null>
  /** Those of an account that are not absent, in the order in which they were first stored. */
  listByAccount(model: ArtifactModel, accountId: string, now: Date, limit: number): Promise<Artifact[]>
  /** Of N concurrent calls exactly one is `won`; `lost` says that it was consumed before. */
  consume(model: ArtifactModel, id: string, now: Date): Promise<ConsumeResult>
  /**
   * Puts `payload` and another end in the place of what `artifact` was read with; false when it is absent or says
   * something else by now. It keeps its generations and its links.
   */
  prolong(artifact: Artifact, payload: Uint8Array, expiresAt: Date, now: Date): Promise<boolean>
  remove(model: ArtifactModel, id: string): Promise<void>
  /** Ends a grant together with the record that says why; true when this call ended it. */
  endGrant(
    grantId: string,
    until: Date,
    reason: string,
    now: Date,
    audit: readonly AuditEntry[],
  ): Promise<boolean>
  /** Ends a session and the grants given in it, in one step. */
  endSession(
    sessionUid: string,
    until: Date,
    reason: string,
    now: Date,
    audit: readonly AuditEntry[],
  ): Promise<boolean>
  /**
   * What is left of artifacts that died with this root, expired or not: of an account, a session or a grant whatever
   * hangs on it, of a client its grants. A grant comes after what was given under it.
   */
  listDead(root: DeadRoot, limit: number): Promise<Artifact[]>
  /** A session's newest row, absent or not. */
  findStoredSession(uid: string): Promise<Artifact | null>
  /** Deletes these in one step; one that is not dead stays. */
  removeDead(artifacts: readonly Pick<Artifact, 'model' | 'id'>[]): Promise<void>
  /** Deletes what has expired; a session that had died before a day later, so that its clients can still be told. */
  tidy(now: Date, limit: number): Promise<number>
}
