import { z } from 'zod'

/**
 * How often anything may be tried: `config/limits.json`. A number or part that is left out has its default.
 */
const count = z.int().min(1).max(1_000_000_000)
const waitSeconds = z.int().min(1).max(3600)
const longestPauseSeconds = z.int().min(1).max(86_400)
/** ISO 3166-1, as in LATCHKEY_PHONE_REGION. */
const country = z.string().regex(/^[A-Z]{2}$/, 'must be a country of two capital letters, such as IN')

const passwordSchema = z
  .strictObject({
    /** Wrong passwords in a row before the first pause. */
    freeWrongInARow: z.int().min(1).max(100).default(3),
    firstPauseSeconds: waitSeconds.default(10),
    longestPauseSeconds: longestPauseSeconds.default(900),
    /** Wrong passwords, not sign-ins: an office behind one address is many people. */
    perIpPerHour: count.default(300),
  })
  .readonly()

const codeSchema = z
  .strictObject({
    /** Of one chain of codes. Where the user type has this number too, the stricter holds. */
    attempts: z.int().min(1).max(20).default(5),
    wrongPerHour: z.int().min(1).max(1000).default(10),
    longestPauseSeconds: longestPauseSeconds.default(3600),
    recoveryDigits: z.int().min(6).max(10).default(8),
    recoveryLifetimeSeconds: z.int().min(120).max(600).default(300),
    recoveryResendSeconds: z.int().min(1).max(600).default(60),
  })
  .readonly()

const sendSchema = z
  .strictObject({
    /** Between sends of one chain of codes. Where the user type has this number too, the stricter holds. */
    resendSeconds: z.int().min(1).max(600).default(30),
    /** Before a right password. */
    perDestinationPer10Minutes: count.default(5),
    perDestinationPerDay: count.default(10),
    /** After a right password: a reserve that nobody else can use up. */
    afterPasswordPerDay: count.default(10),
    perIpPerHour: count.default(60),
    unknownContactPerHour: count.default(1000),
    perCountryPerHour: count.default(2000),
    totalPerHour: count.default(10_000),
    /** Empty: every country that is not refused. */
    allowCountries: z.array(country).max(250).default([]).readonly(),
    refuseCountries: z.array(country).max(250).default([]).readonly(),
  })
  .readonly()

const signUpSchema = z
  .strictObject({
    perIpPerHour: count.default(30),
    notConfirmedPerContactPerDay: count.default(5),
    notConfirmedPerEmployeeIdPerDay: count.default(10),
  })
  .readonly()

const requestsSchema = z.strictObject({ perIpPerMinute: count.default(1200) }).readonly()

/** The whole file. */
export const limitsFileSchema = z
  .strictObject({
    $schema: z.string().optional(),
    password: passwordSchema.prefault({}),
    code: codeSchema.prefault({}),
    send: sendSchema.prefault({}),
    signUp: signUpSchema.prefault({}),
    requests: requestsSchema.prefault({}),
  })
  .superRefine(({ password, send }, context) => {
    if (password.firstPauseSeconds > password.longestPauseSeconds) {
      const path = ['password', 'firstPauseSeconds']
      context.addIssue({ code: 'custom', path, message: 'must not be longer than longestPauseSeconds' })
    }
    for (const both of send.allowCountries.filter((name) => send.refuseCountries.includes(name))) {
      const path = ['send', 'refuseCountries']
      context.addIssue({ code: 'custom', path, message: `has ${both}, which allowCountries has too` })
    }
  })
  .transform(({ $schema: _, ...limits }) => limits)
  .readonly()

export type LimitsSettings = z.output<typeof limitsFileSchema>
