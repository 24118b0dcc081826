import type { Text, TextKey } from './texts.ts'

type Presence = 'required' | 'optional' | 'none'
type ContactName = 'email' | 'phone'

export type FieldProblem =
  | { readonly field: ContactName; readonly problem: 'missing' | 'malformed' | 'refused' | 'taken' }
  /** Either contact is enough, and neither was given. */
  | { readonly field: 'contact'; readonly problem: 'missing' }
  | {
      readonly field: 'password'
      readonly problem: 'missing' | 'too-short' | 'too-long' | 'common' | 'context-word'
    }

/** The inputs from which an account begins: contacts and a password. Sign-up and setup share them. */
export interface AccountForm {
  readonly contacts: Readonly<Record<ContactName, Presence>>
  /** Which contact gets the code, where that does not depend on what will be typed. */
  readonly codeGoesTo: ContactName | null
  /** The token for password managers: `username` where the email is what one signs in with. */
  readonly emailAutocomplete: 'email' | 'username'
  /** As typed. A password is never put back into a page. */
  readonly values: Readonly<Record<ContactName, string>>
  readonly problems: readonly FieldProblem[]
  /** In code points. */
  readonly minimumPasswordLength: number
}

/** One `.field` of a form: its label, its hint, its input, what is wrong with it. */
export interface Field {
  readonly name: string
  readonly label: Text
  readonly hint: Text | null
  readonly problem: Text | null
  readonly invalid: boolean
  /** Ids of further texts that describe the input. */
  readonly describedBy: readonly string[]
  /** Attributes of the input. */
  readonly input: Readonly<Record<string, string | number | boolean>>
}

/** A form as its template draws it. */
export interface FormFields {
  readonly oneIsEnough: boolean
  readonly fields: readonly Field[]
  /** The summary: each problem with the input it leads to. */
  readonly problems: readonly { readonly href: string; readonly text: Text }[]
}

export function accountFields(form: AccountForm): FormFields {
  const oneIsEnough = isOneEnough(form)
  const fields = [passwordField(form)]
  if (form.contacts.phone !== 'none') fields.unshift(contactField('phone', form))
  if (form.contacts.email !== 'none') fields.unshift(contactField('email', form))
  const problems = form.problems.map((problem) => ({
    href: `#${problem.field === 'contact' ? 'email' : problem.field}`,
    text: problemText(problem, form),
  }))
  return { oneIsEnough, fields, problems }
}

function isOneEnough({ contacts }: AccountForm): boolean {
  return contacts.email === 'optional' && contacts.phone === 'optional'
}

const LABELS: Readonly<Record<ContactName, { required: TextKey; optional: TextKey }>> = {
  email: { required: 'account.email', optional: 'account.emailOptional' },
  phone: { required: 'account.phone', optional: 'account.phoneOptional' },
}

function contactField(name: ContactName, form: AccountForm): Field {
  const { contacts, values, problems, emailAutocomplete } = form
  const oneIsEnough = isOneEnough(form)
  const optional = contacts[name] === 'optional' && !oneIsEnough
  const own = problems.find(({ field }) => field === name)
  // When both are missing the sentence stands once, below the second of the pair.
  const pair = problems.some(({ field }) => field === 'contact')
  const shown =
    own ?? (pair && name === 'phone' ? problems.find(({ field }) => field === 'contact') : undefined)
  const describedBy = oneIsEnough ? ['contacts-hint'] : []
  return {
    name,
    label: { key: LABELS[name][optional ? 'optional' : 'required'] },
    hint: contactHint(name, form.codeGoesTo === name),
    problem: shown ? problemText(shown, form) : null,
    invalid: own !== undefined || pair,
    describedBy: pair && name === 'email' ? [...describedBy, 'phone-error'] : describedBy,
    input: {
      type: name === 'email' ? 'email' : 'tel',
      dir: 'ltr',
      autocomplete: name === 'email' ? emailAutocomplete : 'tel',
      required: contacts[name] === 'required',
      value: values[name],
    },
  }
}

function contactHint(name: ContactName, getsCode: boolean): Text | null {
  if (name === 'phone') return { key: getsCode ? 'account.phoneHintWithCode' : 'account.phoneHint' }
  return getsCode ? { key: 'account.codeHere' } : null
}

function passwordField(form: AccountForm): Field {
  const problem = form.problems.find(({ field }) => field === 'password')
  return {
    name: 'password',
    label: { key: 'account.password' },
    hint: { key: 'account.passwordHint', values: { count: form.minimumPasswordLength } },
    problem: problem ? problemText(problem, form) : null,
    invalid: problem !== undefined,
    describedBy: [],
    input: {
      type: 'password',
      dir: 'ltr',
      autocomplete: 'new-password',
      minlength: form.minimumPasswordLength,
      required: true,
    },
  }
}

const PASSWORD_PROBLEMS = {
  missing: 'account.problem.passwordMissing',
  'too-short': 'account.problem.passwordTooShort',
  'too-long': 'account.problem.passwordTooLong',
  common: 'account.problem.passwordCommon',
  'context-word': 'account.problem.passwordContextWord',
} as const

const CONTACT_PROBLEMS = {
  email: {
    missing: 'account.problem.emailMissing',
    malformed: 'account.problem.emailMalformed',
    refused: 'account.problem.emailRefused',
    taken: 'account.problem.emailTaken',
  },
  phone: {
    missing: 'account.problem.phoneMissing',
    malformed: 'account.problem.phoneMalformed',
    refused: 'account.problem.phoneRefused',
    taken: 'account.problem.phoneTaken',
  },
} as const

function problemText(problem: FieldProblem, form: AccountForm): Text {
  switch (problem.field) {
    case 'contact':
      return { key: 'account.problem.contactMissing' }
    case 'password':
      return { key: PASSWORD_PROBLEMS[problem.problem], values: { count: form.minimumPasswordLength } }
    case 'email':
    case 'phone':
      return { key: CONTACT_PROBLEMS[problem.field][problem.problem] }
  }
}
