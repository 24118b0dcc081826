import type {
  Account,
  Accounts,
  ClaimWrite,
  InsertResult,
  NewAccount,
  NewAccountWrite,
} from '../domain/accounts/index.ts'
import type { Audit, AuditEvent, AuditEventName, Origin } from '../domain/audit/index.ts'
import type { ApplicantRefusal, Employees } from '../domain/employees/index.ts'
import type { Confirmation, CountedConfirmation, Limits } from '../domain/limits/index.ts'
import type { FieldValues, StoredUserType, UserType } from '../domain/user-types/index.ts'
import type { Clock } from '../lib/clock.ts'
import { DuplicateKey } from '../lib/errors.ts'

/** Somebody who has just proved a contact, and what their account is to be made from. All of it canonical. */
export interface ProvedPerson {
  /** Of the account to be; noted by the journey, so that a step that is done twice makes one account. */
  readonly accountId: string
  readonly userType: StoredUserType
  readonly verified: { readonly channel: 'sms' | 'email'; readonly destination: string }
  readonly email: string | null
  readonly phone: string | null
  readonly userId: string | null
  readonly employeeId: string | null
  readonly fields: FieldValues
  readonly passwordHash: string
}

export type OpenAccountResult =
  | { readonly kind: 'opened' }
  /** Nobody signs in with it before an administrator has said so. */
  | { readonly kind: 'awaiting-approval' }
  /** Whatever the reason: people hear no more than that. */
  | { readonly kind: 'not-confirmed' }
  /** The register cannot be asked now; nothing was claimed and nothing counted. */
  | { readonly kind: 'register-unavailable' }

/** Why a sign-up was not confirmed; for the audit alone. */
type Reason =
  | ApplicantRefusal
  | 'user-id-is-employee-id'
  | 'contact-taken'
  | 'name-taken'
  | 'field-taken'
  | 'too-many-not-confirmed'

export interface OpenAccountParts {
  readonly accounts: Accounts
  readonly employees: Pick<Employees, 'check' | 'isEmployeeId'>
  readonly limits: Limits
  readonly audit: Audit
  readonly clock: Clock
}

export type OpenAccount = (person: ProvedPerson, origin: Origin) => Promise<OpenAccountResult>

/** How an account comes to be: as a new one, or in the place of one that was prepared. */
export interface Opening<Ended> {
  readonly events: Readonly<Record<'opened' | 'refused', AuditEventName>>
  /** What an administrator has given it already. */
  readonly prepared: Pick<NewAccount, 'roles'>
  /** Must an administrator say so first, whatever the register says? */
  needsApproval(userType: UserType): boolean
  store(account: Account, userType: UserType, write: NewAccountWrite): Promise<InsertResult | Ended>
  /** The step was done before: the same form posted twice, or the answer that got lost. */
  findDone(accountId: string): Promise<OpenAccountResult | null>
}

/** The record of an employee may change between the look at it and the claim; then it is looked at again. */
const LOOKS_AT_RECORD = 3

/** What the register says of the person, as far as it decides. */
type Answer =
  | { readonly kind: 'confirmed'; readonly claim: ClaimWrite | null }
  | { readonly kind: 'needs-approval' }
  | { readonly kind: 'refused'; readonly reason: Reason; readonly countsForEmployee: boolean }
  | { readonly kind: 'unavailable' }

interface Decision<Ended> {
  readonly outcome: OpenAccountResult | Ended | Reason
  readonly countsForEmployee: boolean
}

/** Makes a new account, of somebody who signed up. */
export function createOpenAccount(parts: OpenAccountParts): OpenAccount {
  const { accounts } = parts
  const opening: Opening<never> = {
    events: { opened: 'sign-up.completed', refused: 'sign-up.refused' },
    prepared: {},
    needsApproval: ({ signUp }) => signUp === 'approval',
    store: accounts.open,
    async findDone(accountId) {
      const account = await accounts.find(accountId)
      if (account === null) return null
      return { kind: account.status === 'awaiting-approval' ? 'awaiting-approval' : 'opened' }
    },
  }
  const open = createOpener(parts)
  return (person, origin) => open(person, opening, origin)
}

/**
 * After the contact was proved, and only then: ask the register, then make account, identifiers and claim in one
 * write. Each sign-up counts as not confirmed before anything is looked at, so that many at once are no more guesses
 * than one after another.
 */
export function createOpener({ accounts, employees, limits, audit, clock }: OpenAccountParts) {
  /** Both are asked whatever the first says: the time of the answer does not say which of them it was. */
  async function ask(person: ProvedPerson, counted: CountedConfirmation): Promise<Answer> {
    const [asEmployee, userId] = await Promise.all([askAsEmployee(person, counted), askForUserId(person)])
    return asEmployee.kind === 'refused' || userId === null ? asEmployee : userId
  }

  async function askForUserId({ userId }: ProvedPerson): Promise<Answer | null> {
    if (userId === null) return null
    switch (await employees.isEmployeeId(userId)) {
      case 'yes':
        return { kind: 'refused', reason: 'user-id-is-employee-id', countsForEmployee: false }
      case 'unavailable':
        return { kind: 'unavailable' }
      case 'no':
        return null
    }
  }

  async function askAsEmployee(person: ProvedPerson, counted: CountedConfirmation): Promise<Answer> {
    const { employeeId, fields, verified } = person
    const { type } = person.userType
    if (type.employee === null || employeeId === null) return { kind: 'confirmed', claim: null }
    const answer = await employees.check({ userType: type, employeeId, fields, verified })
    if (answer.kind === 'unavailable') return answer
    // What strangers use up is used up for strangers: whoever proved a contact of the record is asked always.
    const holdsContact = answer.kind !== 'needs-approval' && answer.holdsContact
    if (!holdsContact && !counted.employeeId)
      return { kind: 'refused', reason: 'too-many-not-confirmed', countsForEmployee: true }
    if (answer.kind === 'refused')
      return { kind: 'refused', reason: answer.reason, countsForEmployee: !answer.holdsContact }
    return answer
  }

  async function open<Ended>(
    person: ProvedPerson,
    answer: Answer,
    opening: Opening<Ended>,
    origin: Origin,
  ): Promise<OpenAccountResult | Ended | Reason> {
    if (answer.kind === 'unavailable') return { kind: 'register-unavailable' }
    if (answer.kind === 'refused') return answer.reason
    const { type } = person.userType
    const waits = answer.kind === 'needs-approval' || opening.needsApproval(type)
    const account = accounts.draft({ ...newAccountOf(person, waits, clock.now()), ...opening.prepared })
    const entry = await audit.entry(
      eventOf(account, person, waits ? 'sign-up.awaits-approval' : opening.events.opened, origin),
    )
    // Who waits holds no claim: several may wait for one employee id, and none keeps the true owner out.
    const claim = waits || answer.kind !== 'confirmed' ? null : answer.claim
    try {
      const write = { audit: [entry], ...(claim !== null && { claim }) }
      const result = await opening.store(account, type, write)
      if (result === 'not-claimable') return 'claimed'
      if (result !== 'inserted') return result
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error
      return takenReason(account, person)
    }
    return { kind: waits ? 'awaiting-approval' : 'opened' }
  }

  async function takenReason(account: Account, { userType }: ProvedPerson): Promise<Reason> {
    const reasons = {
      email: 'contact-taken',
      phone: 'contact-taken',
      name: 'name-taken',
      field: 'field-taken',
    } as const
    for (const identifier of accounts.identifiersOf(account, userType.type)) {
      if (await accounts.isTaken([identifier])) return reasons[identifier.space]
    }
    return 'user-id-is-employee-id'
  }

  /** What became of it, and whether it counts against the employee id. */
  async function decide<Ended>(
    person: ProvedPerson,
    counted: CountedConfirmation,
    opening: Opening<Ended>,
    origin: Origin,
  ): Promise<Decision<Ended>> {
    if (!counted.contact) return { outcome: 'too-many-not-confirmed', countsForEmployee: false }
    for (let look = 1; ; look++) {
      const answer = await ask(person, counted)
      const outcome = await open(person, answer, opening, origin)
      const countsForEmployee = answer.kind === 'refused' && answer.countsForEmployee
      // Won by somebody else, or the record changed: the next look says which.
      const isStale = outcome === 'claimed' && answer.kind === 'confirmed'
      if (!isStale || look === LOOKS_AT_RECORD) return { outcome, countsForEmployee }
    }
  }

  return async <Ended>(
    person: ProvedPerson,
    opening: Opening<Ended>,
    origin: Origin,
  ): Promise<OpenAccountResult | Ended> => {
    const confirmation: Confirmation = { contact: person.verified.destination, employeeId: person.employeeId }
    const counted = await limits.reserveConfirmation(confirmation)
    const { outcome, countsForEmployee } = await decide(person, counted, opening, origin)
    const done = typeof outcome === 'string' ? await opening.findDone(person.accountId) : outcome
    await limits.releaseConfirmation(confirmation, {
      contact: counted.contact && done !== null,
      employeeId: counted.employeeId && (done !== null || !countsForEmployee),
    })
    if (done !== null) return done
    await audit.record({
      ...origin,
      event: opening.events.refused,
      outcome: 'failure',
      reason: typeof outcome === 'string' ? outcome : null,
      factor: person.verified.channel,
      identifier: person.employeeId ?? person.userId ?? person.verified.destination,
      details: { userType: person.userType.type.id },
    })
    return { kind: 'not-confirmed' }
  }
}

function newAccountOf(person: ProvedPerson, waits: boolean, now: Date): NewAccount {
  const { userType, email, phone, verified } = person
  // What was proved is a contact, not a channel: another one of that channel is not verified by it.
  if ((verified.channel === 'email' ? email : phone) !== verified.destination)
    throw new Error('The contact that was proved is not the one that the account would have.')
  const contact = (value: string | null, channel: 'sms' | 'email') =>
    value === null ? null : { value, verifiedAt: verified.channel === channel ? now : null }
  return {
    id: person.accountId,
    userType: userType.type,
    userTypeVersion: userType.version,
    email: contact(email, 'email'),
    phone: contact(phone, 'sms'),
    userId: person.userId,
    employeeId: person.employeeId,
    fields: person.fields,
    status: waits ? 'awaiting-approval' : 'active',
    passwordHash: person.passwordHash,
    adminRole: null,
  }
}

function eventOf(
  account: Account,
  { verified }: ProvedPerson,
  event: AuditEventName,
  origin: Origin,
): AuditEvent {
  return {
    ...origin,
    event,
    outcome: 'success',
    subject: { kind: 'account', id: account.id },
    factor: verified.channel,
    details: { userType: account.userType },
  }
}
