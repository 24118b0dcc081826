import { z } from 'zod'

/**
 * A kind of account (interface.md, Configuration files). One schema validates the file, the API and what is
 * stored; forms and claims are made from what it describes.
 */
const scopeToken = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, 'must be a scope token (RFC 6749 §3.3)')
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

const fieldSchema = z
  .strictObject({
    name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,39}$/),
    label: z.string().min(1).max(80),
    kind: z.enum(['text', 'email', 'phone', 'date', 'choice', 'number', 'nationalId']),
    required: z.boolean(),
    unique: z.boolean(),
    sensitive: z.boolean(),
    maxLength: z.int().min(1).max(1000).optional(),
    editableBy: z.enum(['person', 'admin']),
    claim: z.string().min(1).max(64).optional(),
    scope: scopeToken.optional(),
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
    employee: z.null().default(null),
    roles: z.array(roleSchema).max(50).readonly(),
    otp: otpSchema,
    passwordless: z.null().default(null),
    lifetimes: lifetimesSchema,
  })
  .superRefine((type, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    const unverifiable = type.contacts.email === 'none' && type.contacts.phone === 'none'
    if (unverifiable) wrong('contacts', 'must ask for an email or a phone: every account verifies one')
    for (const role of type.roles) {
      if (RESERVED_ROLES.includes(role)) wrong('roles', `must not hold "${role}", a word of administration`)
    }
    for (const kind of ['email', 'phone'] as const) {
      if (type.identifiers.includes(kind) && type.contacts[kind] === 'none') {
        wrong('identifiers', `has ${kind}, but contacts.${kind} is none`)
      }
    }
    const carries = { sms: type.contacts.phone, email: type.contacts.email }
    for (const channel of type.otp.channels) {
      if (carries[channel] === 'none') wrong('otp', `sends by ${channel}, but the type has no such contact`)
    }
  })
  .readonly()

export type UserType = z.infer<typeof userTypeSchema>

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
  })
