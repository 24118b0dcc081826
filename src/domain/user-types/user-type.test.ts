import { describe, expect, it } from '@jest/globals'
import { userTypeSchema, userTypesFileSchema } from './user-type.ts'

const FIELD = { name: 'fullName', label: 'Full name', kind: 'text' }
const TYPE = {
  id: 'civilian',
  name: 'Civilian',
  signUp: 'open',
  identifiers: ['phone'],
  contacts: { email: 'optional', phone: 'required' },
  fields: [FIELD],
  roles: ['civilian'],
  otp: {
    channels: ['sms'],
    when: 'always',
    digits: 6,
    lifetimeSeconds: 300,
    resendSeconds: 30,
    attempts: 5,
  },
  lifetimes: {
    accessTokenSeconds: 900,
    refreshTokenSeconds: 86_400,
    sessionIdleSeconds: 3600,
    sessionSeconds: 86_400,
  },
}
const POLICE = {
  ...TYPE,
  id: 'police',
  identifiers: ['employeeId'],
  fields: [{ ...FIELD, required: true }],
  employee: { roles: ['police'], match: ['fullName'], contact: 'record' },
}

/** Where the problems stand and what is said of them. */
function problemsOf(type: object): string[] {
  const { error } = userTypeSchema.safeParse(type)
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`)
}

function problemsOfField(change: object): string[] {
  return problemsOf({ ...TYPE, fields: [{ ...FIELD, ...change }] }).map((problem) =>
    problem.replace('fields.0.', ''),
  )
}

describe('a user type', () => {
  it('is taken as it stands in the contract', () => {
    for (const type of [TYPE, POLICE]) expect(problemsOf(type)).toEqual([])
  })

  it.each<readonly [string, object, string]>([
    [
      'is identified by a contact it has not',
      { identifiers: ['phone', 'email'], contacts: { email: 'none', phone: 'required' } },
      'identifiers has email, but contacts.email is none',
    ],
    ['has an identifier twice', { identifiers: ['phone', 'phone'] }, 'identifiers has a kind twice'],
    ['has no identifier', { identifiers: [] }, 'identifiers Too small'],
    [
      'sends where nobody is',
      { otp: { ...TYPE.otp, channels: ['email'] }, contacts: { email: 'none', phone: 'required' } },
      'otp sends by email, but the type has no such contact',
    ],
    [
      'sends twice by one channel',
      { otp: { ...TYPE.otp, channels: ['sms', 'sms'] } },
      'otp has a channel twice',
    ],
    [
      'sends by a contact alone that is optional',
      { otp: { ...TYPE.otp, channels: ['email'] } },
      'otp sends by email alone, so that contact must be required',
    ],
    ['gives the role of an owner', { roles: ['civilian', 'owner'] }, 'roles must not hold "owner"'],
    ['gives a role with a space', { roles: ['a b'] }, 'roles.0 must be letters'],
    ['has a field twice', { fields: [FIELD, FIELD] }, 'fields has the field "fullName" twice'],
    [
      'has a claim twice',
      {
        fields: ['one', 'two'].map((name) => ({ ...FIELD, name, claim: 'name', scope: 'profile' })),
      },
      'fields has the claim "name" twice',
    ],
    [
      'is identified by an employee id without a check',
      { identifiers: ['phone', 'employeeId'] },
      'identifiers has employeeId, but the type has no employee check',
    ],
    [
      'creates accounts that nobody can be found by',
      { identifiers: ['userId'], passwordless: { createsAccounts: true } },
      'passwordless creates accounts, so an email or a phone must be',
    ],
    ['has a word that nobody knows', { pets: true }, 'Unrecognized key: "pets"'],
    [
      'has a token that lives longer than 15 minutes',
      { lifetimes: { ...TYPE.lifetimes, accessTokenSeconds: 901 } },
      'lifetimes.accessTokenSeconds Too big',
    ],
    ['has a code of five digits', { otp: { ...TYPE.otp, digits: 5 } }, 'otp.digits Too small'],
  ])('that %s is refused, saying so', (_, change, problem) => {
    const problems = problemsOf({ ...TYPE, ...change })
    expect(problems).toHaveLength(1)
    expect(problems[0]?.trim()).toMatch(new RegExp(`^${problem.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`))
  })

  it.each<readonly [string, object, string]>([
    ['is not identified by the employee id', { identifiers: ['phone'] }, 'employee needs employeeId'],
    [
      'matches a field it has not',
      { employee: { ...POLICE.employee, match: ['station'] } },
      'employee matches "station", which is no field',
    ],
    ['matches a field that may be empty', { fields: [FIELD] }, 'employee matches "fullName", which must be'],
    [
      'fits a role of administration',
      { employee: { ...POLICE.employee, roles: ['auditor'] } },
      'roles must not hold "auditor"',
    ],
    ['fits no role', { employee: { ...POLICE.employee, roles: [] } }, 'employee.roles Too small'],
    [
      'creates accounts',
      { identifiers: ['employeeId', 'phone'], passwordless: { createsAccounts: true } },
      'passwordless creates accounts, which an employee check forbids',
    ],
  ])('with a register that %s is refused, saying so', (_, change, problem) => {
    const problems = problemsOf({ ...POLICE, ...change })
    expect(problems).toHaveLength(1)
    expect(problems[0]?.startsWith(problem)).toBe(true)
  })

  it('is told everything that is wrong with it at once', () => {
    const problems = problemsOf({
      ...POLICE,
      identifiers: ['phone', 'phone'],
      contacts: { email: 'none', phone: 'none' },
      fields: [FIELD, { ...FIELD, claim: 'sub' }],
      roles: ['owner', 'support'],
      passwordless: { createsAccounts: true },
    })
    const starts = [
      'fields.1.claim must not be "sub"',
      'fields.1.scope is missing',
      'contacts must ask for an email or a phone',
      'roles must not hold "owner"',
      'roles must not hold "support"',
      'identifiers has phone, but contacts.phone is none',
      'identifiers has a kind twice',
      'otp sends by sms, but the type has no such contact',
      'fields has the field "fullName" twice',
      'employee needs employeeId among the identifiers',
      'employee matches "fullName", which must be required',
      'passwordless creates accounts, which an employee check forbids',
    ]
    expect(problems.map((problem, at) => problem.slice(0, starts[at]?.length))).toEqual(starts)
  })
})

describe('a field', () => {
  it.each<readonly [string, object, string]>([
    ['a built-in name', { name: 'email' }, 'name must not be "email"'],
    ['the name of a password', { name: 'password' }, 'name must not be "password"'],
    ['a name that no form can have', { name: 'full.name' }, 'name must be letters and digits'],
    ['a name of the prototype', { name: '__proto__' }, 'name must be letters and digits'],
    ['a kind that nobody knows', { kind: 'file' }, 'kind Invalid option'],
    ['a limit of another kind', { min: 1 }, 'min is for the kind number, is at a field of the kind text'],
    ['a pattern on a number', { kind: 'number', pattern: 'a' }, 'pattern is for the kind text'],
    ['no choices to choose from', { kind: 'choice' }, 'choices is missing'],
    [
      'a choice twice',
      { kind: 'choice', choices: ['A', 'B'].map((label) => ({ value: 'a', label })) },
      'choices has a value twice',
    ],
    [
      'a choice that nobody could type',
      { kind: 'choice', choices: [{ value: 'a  b', label: 'A B' }] },
      'choices has a value with spaces',
    ],
    ['a national id of no scheme', { kind: 'nationalId' }, 'scheme is missing'],
    ['limits that cross', { minLength: 9, maxLength: 8 }, 'minLength must not be above maxLength'],
    ['numbers that cross', { kind: 'number', min: 2, max: 1 }, 'min must not be above max'],
    [
      'days that cross',
      { kind: 'date', notBefore: '2026-01-02', notAfter: '2026-01-01' },
      'notBefore must not be above notAfter',
    ],
    [
      'a day that the calendar has not',
      { kind: 'date', notBefore: '2026-02-30' },
      'notBefore must be a date, YYYY-MM-DD',
    ],
    ['a claim of the token itself', { claim: 'sub', scope: 'profile' }, 'claim must not be "sub"'],
    ['a claim that grants', { claim: 'roles', scope: 'profile' }, 'claim must not be "roles"'],
    ['a claim about a contact', { claim: 'email_verified', scope: 'email' }, 'claim must not be "email_v'],
    ['a claim of ours', { claim: 'latchkey_rv', scope: 'profile' }, 'claim must not begin with latchkey_'],
    ['a claim under no scope', { claim: 'name' }, 'scope is missing'],
    ['a scope without a claim', { scope: 'profile' }, 'claim is missing'],
    ['the scope that everybody has', { claim: 'name', scope: 'openid' }, 'scope must not be "openid"'],
    ['a scope of administration', { claim: 'name', scope: 'admin:read' }, 'scope must not be "admin:read"'],
    [
      'a scope named like an ancestor',
      { claim: 'name', scope: '__proto__' },
      'scope must not be "__proto__"',
    ],
    ['a scope with a space', { claim: 'name', scope: 'a b' }, 'scope must be a scope token'],
    ['a word that nobody knows', { secret: true }, 'fields.0 Unrecognized key: "secret"'],
  ])('with %s is refused, saying so', (_, change, problem) => {
    const problems = problemsOfField(change)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.startsWith(problem)).toBe(true)
  })

  it.each([
    '(a+)+$',
    '(a|a)*$',
    '(a|aa)+$',
    'a*a*a*a*b',
    '(.*)*x',
    '(\\w+\\s?)*!',
    '([a-z]+)*[0-9]',
    '(?:a?){30}a{30}',
    '(x+x+)+y',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '\\s*\\s*\\s*\\s*$',
    '(a+)\\1+b',
    // These do so only because the whole value must match.
    '(a+)+',
    '(a|a)*',
    '(a|aa)+',
    'a*a*',
  ])('whose pattern backtracks is refused: %s', (pattern) => {
    const started = performance.now()
    expect(problemsOfField({ pattern })).toEqual([expect.stringContaining('pattern ')])
    expect(performance.now() - started).toBeLessThan(4000)
  })

  it.each(['[', '(?<name', 'a{2,1}', '\\p{Nothing}', '*'])(
    'whose pattern is none is refused: %s',
    (pattern) => {
      expect(problemsOfField({ pattern })).toEqual([
        'pattern is not a regular expression that can be checked; write a simpler one',
      ])
    },
  )

  it.each([
    '[A-Z]{2}-\\d{4,6}',
    '\\d{6}',
    '[A-Za-z0-9]+',
    'KA\\/\\d+\\/\\d{4}',
    '(?:high|district|supreme)',
    '[\\p{L} .-]{1,80}',
    'D\\/\\d{1,5}\\/(?:19|20)\\d{2}',
  ])('whose pattern is harmless is taken: %s', (pattern) => {
    expect(problemsOfField({ pattern })).toEqual([])
  })
})

describe('what patterns are taken', () => {
  /** Texts that are made to be expensive, at the greatest length that a value may have. */
  const hostile = ['a', ' ', '0', 'A', '-', '1a', 'aA', 'ab ', '/'].map(
    (part) => `${part.repeat(1000).slice(0, 999)}!`,
  )

  it.each(['[A-Z]{2}-\\d{4,6}', '[A-Za-z0-9]+', '[\\p{L} .-]{1,80}', 'a*b*c*', '\\d+(?:\\.\\d+)?'])(
    'answers at once to anything: %s',
    (pattern) => {
      expect(problemsOfField({ pattern })).toEqual([])
      const expression = new RegExp(`^(?:${pattern})$`, 'u')
      const started = performance.now()
      for (const text of hostile) expression.test(text)
      expect(performance.now() - started).toBeLessThan(200)
    },
  )
})

describe('the file of user types', () => {
  const problemsOfFile = (userTypes: readonly object[]) =>
    userTypesFileSchema.safeParse({ userTypes }).error?.issues.map(({ message }) => message) ?? []
  const creating = (id: string) => ({ ...TYPE, id, passwordless: { createsAccounts: true } })

  it('takes one type that creates accounts, and refuses two by name', () => {
    expect(problemsOfFile([creating('one'), TYPE])).toEqual([])
    expect(problemsOfFile([creating('one'), creating('two')])).toEqual([
      'creates accounts in one, two; one type at most may',
    ])
  })

  it('refuses a type that stands twice, and one without types', () => {
    expect(problemsOfFile([TYPE, TYPE])).toEqual(['has "civilian" twice'])
    expect(problemsOfFile([])).toHaveLength(1)
  })
})
