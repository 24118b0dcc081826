import { randomBytes } from 'node:crypto'
import type { Account, SignInWrite } from '../../src/domain/accounts/index.ts'
import type { AuditEntry } from '../../src/domain/audit/index.ts'
import type { QueuedMessage } from '../../src/domain/delivery/index.ts'
import type { EmployeeRecord } from '../../src/domain/employees/index.ts'
import type { StoredKey } from '../../src/domain/keys/index.ts'
import type { Challenge } from '../../src/domain/otp/index.ts'
import type { Ending } from '../../src/domain/revocations/index.ts'
import type { UserType } from '../../src/domain/user-types/index.ts'
import type { Artifact, LogoutNotice } from '../../src/oidc/index.ts'

/** A moment with milliseconds that a store may not lose. */
export const NOON = new Date('2026-03-01T12:00:00.123Z')

/** `seconds` after NOON; a negative number is before. */
export function at(seconds: number): Date {
  return new Date(NOON.getTime() + seconds * 1000)
}

/** The last moment before `date`. */
export function justBefore(date: Date): Date {
  return new Date(date.getTime() - 1)
}

export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}

function fresh(prefix: string): string {
  return `${prefix}_${randomBytes(8).toString('hex')}`
}

export function anAccount(changes: Partial<Account> = {}): Account {
  return {
    id: fresh('acc'),
    userType: 'user',
    userTypeVersion: 1,
    status: 'active',
    email: { value: 'ann@example.test', verifiedAt: at(-60) },
    phone: null,
    userId: null,
    employeeId: null,
    fields: {},
    passwordHash: 'v1$bcrypt$12$p1$hash',
    passwordChangedAt: at(-3600),
    roles: [],
    adminRole: null,
    createdAt: at(-7200),
    lastSignInAt: null,
    recoveredBy: null,
    deactivatedAt: null,
    version: 1,
    ...changes,
  }
}

/** A sign-in of an account whose generation was never raised. */
export function aSignIn(changes: Partial<SignInWrite> = {}): SignInWrite {
  return { at: at(1), generation: 0, makesGood: true, audit: [], ...changes }
}

export function anAuditEntry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: fresh('aud'),
    at: NOON,
    event: 'something.happened',
    outcome: 'success',
    subjectId: null,
    clientId: null,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    body: '{"a.b":{"$c":1}}',
    personal: null,
    personKeyId: null,
    ...changes,
  }
}

export function aMessage(changes: Partial<QueuedMessage> = {}): QueuedMessage {
  return {
    id: fresh('msg'),
    channel: 'sms',
    content: bytes('sealed'),
    queuedAt: NOON,
    expiresAt: at(300),
    challengeId: null,
    ...changes,
  }
}

export function aChallenge(changes: Partial<Challenge> = {}): Challenge {
  return {
    id: fresh('chl'),
    chainId: fresh('chn'),
    purpose: 'sign-in',
    accountId: 'acc_1',
    channel: 'sms',
    destination: '+4915112345678',
    codeMac: bytes('mac'),
    pepperId: 'p1',
    reference: 'KT',
    digits: 6,
    createdAt: NOON,
    expiresAt: at(300),
    resendAt: at(30),
    sends: 1,
    attemptsLeft: 5,
    status: 'pending',
    ...changes,
  }
}

export function anArtifact(changes: Partial<Artifact> = {}): Artifact {
  return {
    model: 'RefreshToken',
    id: fresh('art'),
    payload: bytes('sealed'),
    accountId: 'acc_1',
    clientId: 'shop',
    grantId: 'grant-1',
    uid: null,
    sessionUid: 'session-1',
    accountGeneration: 0,
    clientGeneration: 0,
    issuerGeneration: null,
    expiresAt: at(3600),
    consumedAt: null,
    ...changes,
  }
}

export function aKey(changes: Partial<StoredKey> = {}): StoredKey {
  return {
    id: fresh('key'),
    slot: fresh('pepper'),
    use: 'data',
    purpose: 'pepper',
    sealed: bytes('sealed'),
    masterKeyId: 'm1',
    createdAt: NOON,
    publishedAt: null,
    activeAt: null,
    retiredAt: null,
    ...changes,
  }
}

export function anEnding(changes: Partial<Ending> = {}): Ending {
  return { kind: 'token', id: fresh('tok'), at: NOON, until: at(900), reason: 'revoked', ...changes }
}

export function aUserType(changes: Partial<UserType> = {}): UserType {
  return {
    id: 'user',
    name: 'User',
    description: '',
    signUp: 'open',
    identifiers: ['email'],
    contacts: { email: 'required', phone: 'none' },
    fields: [],
    employee: null,
    roles: [],
    otp: {
      channels: ['email'],
      when: 'always',
      digits: 6,
      lifetimeSeconds: 300,
      resendSeconds: 30,
      attempts: 5,
    },
    passwordless: null,
    lifetimes: {
      accessTokenSeconds: 300,
      refreshTokenSeconds: 86_400,
      sessionIdleSeconds: 3600,
      sessionSeconds: 86_400,
    },
    ...changes,
  }
}

export function anEmployee(changes: Partial<EmployeeRecord> = {}): EmployeeRecord {
  return {
    employeeId: 'jdg-1001',
    shownId: 'JDG-1001',
    role: 'judge',
    status: 'active',
    fullName: 'Meera Krishnan',
    email: 'meera@courts.example',
    phone: '+919876500101',
    attributes: {},
    ...changes,
  }
}

export function aLogoutNotice(changes: Partial<LogoutNotice> = {}): LogoutNotice {
  return {
    id: fresh('lgt'),
    clientId: 'shop',
    accountId: 'acc_1',
    sessionId: 'ses_1',
    sid: fresh('sid'),
    queuedAt: NOON,
    expiresAt: at(86_400),
    ...changes,
  }
}
