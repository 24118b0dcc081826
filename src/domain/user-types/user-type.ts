import { z } from 'zod'
import { fieldSchema } from './field.ts'

/**
 * A kind of account (interface.md, Configuration files). One schema validates the file, the API and what is
 * stored; forms and claims are made from what it describes.
 */
const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower case letters, digits, hyphens; at most 40')
/** Roles stand in tokens, in headers and in people's configurations: no spaces, no control characters. */
export const roleSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 'must be letters, digits or ._:- and at most 64 long')

/** The words of administration are never roles (interface.md, Management API). */
export const RESERVED_ROLES: readonly string[] = ['owner', 'operator', 'support', 'auditor']

export const IDENTIFIER_KINDS = ['email', 'phone', 'userId', 'employeeId'] as const
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number]

const presence = z.enum(['required', 'optional', 'none'])
const channels = z
  .array(z.enum(['sms', 'email']))
  .min(1)
  .max(2)

const otpSchema = z
  .strictObject({
    channels,
    when: z.enum(['always', 'new-device']),
    digits: z.int().min(6).max(10),
    lifetimeSeconds: z.int().min(60).max(600),
    resendSeconds: z.int().min(1).max(600),
    attempts: z.int().min(1).max(20),
  })
  .readonly()

const lifetimesSchema = z
  .strictObject({
    /** At most 15 minutes: the bound on how long an API that never asks can be wrong. */
    accessTokenSeconds: z.int().min(30).max(900),
    refreshTokenSeconds: z.int().min(60).max(31_536_000),
    sessionIdleSeconds: z.int().min(60).max(604_800),
    sessionSeconds: z.int().min(60).max(2_592_000),
  })
  .readonly()

const employeeSchema = z
  .strictObject({
    /** Roles of the register that fit the type. */
    roles: z.array(roleSchema).min(1).max(50).readonly(),
    /** What must be the same in form and record, beside the employee id. */
    match: z.array(z.string()).max(20).readonly(),
    /** `record`: the contact verified at sign-up must be one that the record holds. */
    contact: z.enum(['record', 'any']),
  })
  .readonly()

const passwordlessSchema = z
  .strictObject({
    /** Does a contact that nobody has get an account of this type? */
    createsAccounts: z.boolean(),
  })
  .readonly()

export const userTypeSchema = z
  .strictObject({
    id,
    name: z.string().min(1).max(80),
    description: z.string().max(200).default(''),
    signUp: z.enum(['open', 'approval', 'invite', 'closed']),
    identifiers: z.array(z.enum(IDENTIFIER_KINDS)).min(1).readonly(),
    contacts: z.strictObject({ email: presence, phone: presence }).readonly(),
    fields: z.array(fieldSchema).max(50).readonly(),
    employee: employeeSchema.nullable().default(null),
    roles: z.array(roleSchema).max(50).readonly(),
    otp: otpSchema,
    passwordless: passwordlessSchema.nullable().default(null),
    lifetimes: lifetimesSchema,
  })
  .superRefine((type, context) => {
    for (const { path, message } of contradictions(type)) {
      context.addIssue({ code: 'custom', path: [path], message })
    }
  })
  .readonly()

export type UserType = z.infer<typeof userTypeSchema>

interface Contradiction {
  readonly path: string
  readonly message: string
}

/** What one part of a type says against another. */
function contradictions(type: UserType): Contradiction[] {
  const found: Contradiction[] = []
  const wrong = (path: string, message: string) => found.push({ path, message })
  if (type.contacts.email === 'none' && type.contacts.phone === 'none') {
    wrong('contacts', 'must ask for an email or a phone: every account verifies one')
  }
  for (const role of [...type.roles, ...(type.employee?.roles ?? [])]) {
    if (RESERVED_ROLES.includes(role)) wrong('roles', `must not hold "${role}", a word of administration`)
  }
  for (const kind of ['email', 'phone'] as const) {
    if (type.identifiers.includes(kind) && type.contacts[kind] === 'none') {
      wrong('identifiers', `has ${kind}, but contacts.${kind} is none`)
    }
  }
  if (new Set(type.identifiers).size < type.identifiers.length) wrong('identifiers', 'has a kind twice')
  const carries = { sms: type.contacts.phone, email: type.contacts.email }
  for (const channel of type.otp.channels) {
    if (carries[channel] === 'none') wrong('otp', `sends by ${channel}, but the type has no such contact`)
  }
  const channels: readonly string[] = type.otp.channels
  if (new Set(channels).size < channels.length) wrong('otp', 'has a channel twice')
  const sent = channels.map((channel) => carries[channel as 'sms' | 'email'])
  const theOnlyOne = Object.values(carries).filter((presence) => presence !== 'none').length === 1
  if (channels.length === 1 && sent[0] === 'optional' && !theOnlyOne) {
    wrong('otp', `sends by ${channels[0]} alone, so that contact must be required`)
  }
  for (const [kind, what] of [
    ['name', 'field'],
    ['claim', 'claim'],
  ] as const) {
    const seen = new Set<string>()
    for (const field of type.fields) {
      const value = field[kind]
      if (value !== undefined && seen.has(value)) wrong('fields', `has the ${what} "${value}" twice`)
      if (value !== undefined) seen.add(value)
    }
  }
  contradictionsOfEmployee(type, wrong)
  contradictionsOfPasswordless(type, wrong)
  return found
}

type Wrong = (path: string, message: string) => void

function contradictionsOfEmployee({ employee, identifiers, fields }: UserType, wrong: Wrong): void {
  if (employee === null) {
    if (identifiers.includes('employeeId')) {
      wrong('identifiers', 'has employeeId, but the type has no employee check')
    }
    return
  }
  if (!identifiers.includes('employeeId')) {
    wrong('employee', 'needs employeeId among the identifiers')
  }
  for (const name of employee.match) {
    const field = fields.find((one) => one.name === name)
    if (!field) wrong('employee', `matches "${name}", which is no field of the type`)
    else if (!field.required) wrong('employee', `matches "${name}", which must be required then`)
  }
}

function contradictionsOfPasswordless(
  { passwordless, employee, identifiers, signUp }: UserType,
  wrong: Wrong,
): void {
  if (!passwordless?.createsAccounts) return
  // Anybody with a contact would get what is otherwise given by approval or invitation alone.
  if (signUp !== 'open') wrong('passwordless', 'creates accounts, so signUp must be open')
  if (employee !== null) wrong('passwordless', 'creates accounts, which an employee check forbids')
  if (!identifiers.includes('email') && !identifiers.includes('phone')) {
    wrong('passwordless', 'creates accounts, so an email or a phone must be among the identifiers')
  }
}

/** The whole of `config/user-types.json`. */
export const userTypesFileSchema = z
  .strictObject({ $schema: z.string().optional(), userTypes: z.array(userTypeSchema).min(1) })
  .superRefine((file, context) => {
    const seen = new Set<string>()
    for (const type of file.userTypes) {
      if (seen.has(type.id)) {
        context.addIssue({ code: 'custom', path: ['userTypes'], message: `has "${type.id}" twice` })
      }
      seen.add(type.id)
    }
    const creating = file.userTypes.filter(({ passwordless }) => passwordless?.createsAccounts)
    if (creating.length > 1) {
      const names = creating.map((type) => type.id).join(', ')
      context.addIssue({
        code: 'custom',
        path: ['userTypes'],
        message: `creates accounts in ${names}; one type at most may`,
      })
    }
  })
