import type { Text } from './texts.ts'

/** What a template says: a text of the catalogue, or what an administrator wrote. */
export type Said = Text | { readonly own: string; readonly optional: boolean }

type Attributes = Readonly<Record<string, string | number | boolean>>

/** One `.field` of a form: its label, its hint, its input, what is wrong with it. */
export interface Field {
  readonly name: string
  /** Stands above the block: what it says is of this input and the ones after it. */
  readonly intro?: { readonly id: string; readonly text: Text }
  readonly label: Said
  readonly hint: Said | null
  readonly problem: Text | null
  readonly invalid: boolean
  /** Ids of further texts that describe the input. */
  readonly describedBy: readonly string[]
  /** Attributes of the input. */
  readonly input: Attributes
  /** Something is chosen instead of typed: by radio buttons where there are few, else from a list. */
  readonly choices?: {
    readonly shownAs: 'radio' | 'list'
    readonly options: readonly { readonly value: string; readonly label: string; readonly chosen: boolean }[]
  }
}

/** One line of the summary: a problem and the input it leads to. */
export interface SummaryLine {
  readonly href: string
  readonly text: Text
  /** Of an input that an administrator named, since its problem alone does not say which it is. */
  readonly label: string | null
}

/** A form as its template draws it. */
export interface FormFields {
  readonly fields: readonly Field[]
  readonly problems: readonly SummaryLine[]
}
