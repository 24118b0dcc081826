import type { Field, FormFields, SummaryLine } from './form-fields.ts'
import { type PasswordProblem, passwordHint, passwordProblem } from './password-problem.ts'
import type { Text } from './texts.ts'
import { type ShownField, type TypeFieldProblem, typeFieldProblems, typeFields } from './type-fields.ts'

type Presence = 'required' | 'optional' | 'none'
type ContactName = 'email' | 'phone'
/** A name that a person signs in by, beside contacts. */
export type IdName = 'userId' | 'employeeId'

export type FieldProblem =
  | { readonly field: ContactName; readonly problem: 'missing' | 'malformed' | 'refused' | 'taken' }
  /** Either contact is enough, and neither was given. */
  | { readonly field: 'contact'; readonly problem: 'missing' }
  | { readonly field: IdName; readonly problem: 'missing' | 'malformed' }
  | { readonly field: 'password'; readonly problem: PasswordProblem }
  | TypeFieldProblem

/**
 * The inputs from which an account begins: ids, what the type asks for, contacts and a password. Sign-up and setup
 * share them.
 */
export interface AccountForm {
  readonly contacts: Readonly<Record<ContactName, Presence>>
  /** The ids that are asked for; each is required. */
  readonly ids: readonly IdName[]
  readonly fields: readonly ShownField[]
  /** Which contact gets the code, where that does not depend on what will be typed. */
  readonly codeGoesTo: ContactName | null
  /** Which input a password manager keeps the password under. */
  readonly signsInBy: ContactName | IdName | null
  /** As typed. A password is never put back into a page. */
  readonly values: Readonly<Record<ContactName, string>> &
    Readonly<Partial<Record<IdName, string>>> & {
      /** By the name of the field. */
      readonly fields?: Readonly<Record<string, string>>
    }
  readonly problems: readonly FieldProblem[]
  /** In code points. */
  readonly minimumPasswordLength: number
}

export function accountFields(form: AccountForm): FormFields {
  const ofType = {
    fields: form.fields,
    values: form.values.fields ?? {},
    problems: form.problems.filter(isOfType),
  }
  const contacts = (['email', 'phone'] as const).filter((name) => form.contacts[name] !== 'none')
  const idFields = (name: IdName) => (form.ids.includes(name) ? [idField(name, form)] : [])
  const fields = [
    ...idFields('employeeId'),
    ...typeFields(ofType),
    ...contacts.map((name, at) => contactField(name, form, at === 0)),
    ...idFields('userId'),
    passwordField(form),
  ]
  const lines = [...summaryLines(form), ...typeFieldProblems(ofType)]
  // In the order of the inputs, as a person goes through them.
  const order = fields.map(({ name }) => `#${name}`)
  lines.sort((a, b) => order.indexOf(a.href) - order.indexOf(b.href))
  return { fields, problems: lines }
}

type BuiltInProblem = Exclude<FieldProblem, TypeFieldProblem>

function isOfType(problem: FieldProblem): problem is TypeFieldProblem {
  return problem.field === 'own'
}

function isBuiltIn(problem: FieldProblem): problem is BuiltInProblem {
  return problem.field !== 'own'
}

function builtInProblem(of: BuiltInProblem['field'], { problems }: AccountForm): BuiltInProblem | undefined {
  return problems.filter(isBuiltIn).find(({ field }) => field === of)
}

function summaryLines(form: AccountForm): SummaryLine[] {
  return form.problems.filter(isBuiltIn).map((problem) => ({
    href: `#${problem.field === 'contact' ? 'email' : problem.field}`,
    text: problemText(problem, form),
    label: null,
  }))
}

function isOneEnough({ contacts }: AccountForm): boolean {
  return contacts.email === 'optional' && contacts.phone === 'optional'
}

const ID_TEXTS = {
  employeeId: {
    label: { key: 'account.employeeId' },
    hint: { key: 'account.employeeIdHint' },
    missing: { key: 'account.problem.employeeIdMissing' },
    malformed: { key: 'account.problem.employeeIdMalformed' },
  },
  userId: {
    label: { key: 'account.userId' },
    hint: { key: 'account.userIdHint' },
    missing: { key: 'account.problem.userIdMissing' },
    malformed: { key: 'account.problem.userIdMalformed' },
  },
} as const

function idField(name: IdName, form: AccountForm): Field {
  const problem = builtInProblem(name, form)
  const { label, hint } = ID_TEXTS[name]
  return {
    name,
    label,
    hint,
    problem: problem ? problemText(problem, form) : null,
    invalid: problem !== undefined,
    describedBy: [],
    input: {
      type: 'text',
      autocomplete: form.signsInBy === name ? 'username' : 'off',
      autocapitalize: name === 'employeeId' ? 'characters' : 'none',
      spellcheck: 'false',
      required: true,
      value: form.values[name] ?? '',
    },
  }
}

const LABELS = {
  email: { required: { key: 'account.email' }, optional: { key: 'account.emailOptional' } },
  phone: { required: { key: 'account.phone' }, optional: { key: 'account.phoneOptional' } },
} as const

const CONTACTS_HINT = 'contacts-hint'

function contactField(name: ContactName, form: AccountForm, isFirst: boolean): Field {
  const { contacts, values, signsInBy } = form
  const oneIsEnough = isOneEnough(form)
  const optional = contacts[name] === 'optional' && !oneIsEnough
  const own = builtInProblem(name, form)
  // When both are missing the sentence stands once, below the second of the pair.
  const pair = builtInProblem('contact', form)
  const shown = own ?? (name === 'phone' ? pair : undefined)
  const describedBy = oneIsEnough ? [CONTACTS_HINT] : []
  return {
    name,
    ...(oneIsEnough && isFirst && { intro: { id: CONTACTS_HINT, text: { key: 'account.oneIsEnough' } } }),
    label: LABELS[name][optional ? 'optional' : 'required'],
    hint: contactHint(name, form.codeGoesTo === name),
    problem: shown ? problemText(shown, form) : null,
    invalid: own !== undefined || pair !== undefined,
    describedBy: pair && name === 'email' ? [...describedBy, 'phone-error'] : describedBy,
    input: {
      type: name === 'email' ? 'email' : 'tel',
      dir: 'ltr',
      autocomplete: name === 'email' && signsInBy === 'email' ? 'username' : AUTOCOMPLETE[name],
      required: contacts[name] === 'required',
      value: values[name],
    },
  }
}

const AUTOCOMPLETE = { email: 'email', phone: 'tel' } as const

function contactHint(name: ContactName, getsCode: boolean): Text | null {
  if (name === 'phone') return { key: getsCode ? 'account.phoneHintWithCode' : 'account.phoneHint' }
  return getsCode ? { key: 'account.codeHere' } : null
}

function passwordField(form: AccountForm): Field {
  const problem = builtInProblem('password', form)
  return {
    name: 'password',
    label: { key: 'account.password' },
    hint: passwordHint(form.minimumPasswordLength),
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

function problemText(problem: BuiltInProblem, form: AccountForm): Text {
  switch (problem.field) {
    case 'contact':
      return { key: 'account.problem.contactMissing' }
    case 'password':
      return passwordProblem(problem.problem, form.minimumPasswordLength)
    case 'email':
    case 'phone':
      return { key: CONTACT_PROBLEMS[problem.field][problem.problem] }
    case 'userId':
    case 'employeeId':
      return ID_TEXTS[problem.field][problem.problem]
  }
}
