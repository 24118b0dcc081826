import type { Field, SummaryLine } from './form-fields.ts'
import type { Text, TextKey } from './texts.ts'

/** A field of a user type, as far as a form shows it. */
export interface ShownField {
  readonly name: string
  readonly label: string
  readonly hint?: string | undefined
  readonly kind: 'text' | 'email' | 'phone' | 'date' | 'choice' | 'number' | 'nationalId'
  readonly required: boolean
  readonly sensitive: boolean
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly choices?: readonly { readonly value: string; readonly label: string }[] | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly notBefore?: string | undefined
  readonly notAfter?: string | undefined
  readonly claim?: string | undefined
}

/** What is wrong with the value of one field. */
export interface TypeFieldProblem {
  readonly field: 'own'
  readonly name: string
  readonly problem:
    | 'missing'
    | 'unknown'
    | 'malformed'
    | 'too-short'
    | 'too-long'
    | 'too-small'
    | 'too-large'
    | 'too-early'
    | 'too-late'
    | 'not-a-choice'
    | 'no-match'
    /** It cannot be had, whoever has it. */
    | 'unusable'
}

/** What a form holds of a type's own fields. */
export interface TypeFieldsForm {
  readonly fields: readonly ShownField[]
  /** As typed, by the name of the field. */
  readonly values: Readonly<Record<string, string>>
  readonly problems: readonly TypeFieldProblem[]
  /** Sensitive values that an account has, masked, by the name of the field: left empty, the input keeps them. */
  readonly kept?: Readonly<Record<string, string>>
}

/** More buttons than these are a page by themselves. */
const MOST_RADIO_BUTTONS = 6
/** What a text may have where its field does not say it (domain/user-types). */
const LONGEST_VALUE = 1000

/** The input of a field; its id too. */
export function inputNameOf(field: string): string {
  return `field.${field}`
}

/** What was typed into such inputs, by the fields' own names; null where another input stands among them. */
export function typedFields(form: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null {
  const prefix = inputNameOf('')
  const entries = Object.entries(form)
  if (entries.some(([name]) => !name.startsWith(prefix))) return null
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length), value]))
}

/** The blocks of a type's own fields, in its order. A sensitive value is never put back into a page. */
export function typeFields({ fields, values, problems, kept = {} }: TypeFieldsForm): Field[] {
  return fields.map((field) => {
    const own = problems.find(({ name }) => name === field.name)
    const value = field.sensitive ? '' : (values[field.name] ?? '')
    const held = Object.hasOwn(kept, field.name) ? kept[field.name] : undefined
    const typedBefore = field.sensitive && (values[field.name] ?? '') !== ''
    return {
      name: inputNameOf(field.name),
      label: { own: field.label, optional: !field.required },
      hint: keptHint(field, held) ?? hintOf(field),
      problem: own ? problemOf(own.problem, field) : typedBefore ? { key: 'field.again' } : null,
      invalid: own !== undefined,
      describedBy: [],
      input: {
        ...inputOf(field),
        ...(field.kind !== 'choice' && { value }),
        required: field.required && held === undefined,
      },
      ...(field.kind === 'choice' && { choices: choicesOf(field, value) }),
    }
  })
}

/** What the summary says of them. */
export function typeFieldProblems({ fields, problems }: TypeFieldsForm): SummaryLine[] {
  return problems.flatMap(({ name, problem }) => {
    const field = fields.find((one) => one.name === name)
    if (!field) return []
    return [{ href: `#${inputNameOf(name)}`, text: problemOf(problem, field), label: field.label }]
  })
}

function keptHint({ hint }: ShownField, held: string | undefined): Field['hint'] {
  if (held === undefined) return null
  if (hint === undefined) return { key: 'field.keeps', values: { value: held } }
  return { key: 'field.keepsHint', values: { hint, value: held } }
}

function hintOf({ hint, kind }: ShownField): Field['hint'] {
  if (hint !== undefined) return { own: hint, optional: false }
  return kind === 'phone' ? { key: 'account.phoneHint' } : null
}

function choicesOf({ choices = [] }: ShownField, value: string): NonNullable<Field['choices']> {
  return {
    shownAs: choices.length > MOST_RADIO_BUTTONS ? 'list' : 'radio',
    options: choices.map((choice) => ({ ...choice, chosen: choice.value === value })),
  }
}

/** The words of the HTML standard for what a claim holds (§4.10.18.7.1; OIDC Core §5.1). */
const AUTOCOMPLETE_OF_CLAIM: Readonly<Record<string, string>> = {
  name: 'name',
  given_name: 'given-name',
  middle_name: 'additional-name',
  family_name: 'family-name',
  nickname: 'nickname',
  birthdate: 'bday',
  gender: 'sex',
  website: 'url',
}

function inputOf({ kind, claim, sensitive, notBefore, notAfter }: ShownField): Field['input'] {
  const known = claim === undefined ? undefined : AUTOCOMPLETE_OF_CLAIM[claim]
  // A browser that offers it next time would show it to whoever sits there then.
  const autocomplete = sensitive ? 'off' : known
  const common = autocomplete === undefined ? {} : { autocomplete }
  switch (kind) {
    case 'text':
      return { type: 'text', ...common }
    case 'email':
      return { type: 'email', dir: 'ltr', ...common }
    case 'phone':
      return { type: 'tel', dir: 'ltr', ...common }
    case 'date':
      return {
        type: 'date',
        dir: 'ltr',
        ...common,
        ...(notBefore !== undefined && { min: notBefore }),
        ...(notAfter !== undefined && { max: notAfter }),
      }
    case 'choice':
      return common
    case 'number':
      return { type: 'text', inputmode: 'decimal', dir: 'ltr', ...common }
    case 'nationalId':
      return { type: 'text', inputmode: 'numeric', dir: 'ltr', spellcheck: 'false', ...common }
  }
}

const MALFORMED: Readonly<Record<ShownField['kind'], TextKey>> = {
  text: 'field.problem.notAText',
  email: 'account.problem.emailMalformed',
  phone: 'account.problem.phoneMalformed',
  date: 'field.problem.notADate',
  choice: 'field.problem.notAChoice',
  number: 'field.problem.notANumber',
  nationalId: 'field.problem.notAnAadhaarNumber',
}

function problemOf(problem: TypeFieldProblem['problem'], field: ShownField): Text {
  switch (problem) {
    case 'missing':
      return { key: field.kind === 'choice' ? 'field.problem.notChosen' : 'field.problem.missing' }
    case 'unknown':
      return { key: 'field.problem.unknown' }
    case 'malformed':
      return { key: MALFORMED[field.kind] }
    case 'too-short':
      return { key: 'field.problem.tooShort', values: { count: field.minLength ?? 1 } }
    case 'too-long':
      return { key: 'field.problem.tooLong', values: { count: field.maxLength ?? LONGEST_VALUE } }
    case 'too-small':
      return { key: 'field.problem.tooSmall', values: { limit: field.min ?? '' } }
    case 'too-large':
      return { key: 'field.problem.tooLarge', values: { limit: field.max ?? '' } }
    case 'too-early':
      return { key: 'field.problem.tooEarly', values: { limit: field.notBefore ?? '' } }
    case 'too-late':
      return { key: 'field.problem.tooLate', values: { limit: field.notAfter ?? '' } }
    case 'not-a-choice':
      return { key: 'field.problem.notAChoice' }
    case 'no-match':
      return { key: 'field.problem.noMatch' }
    case 'unusable':
      return { key: 'field.problem.unusable' }
  }
}
