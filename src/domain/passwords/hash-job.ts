/** What a hashing thread is asked, one at a time, and what it answers. */
export type HashJob =
  | { readonly kind: 'hash'; readonly input: string; readonly cost: number }
  | {
      readonly kind: 'compare'
      readonly input: string
      readonly hash: string
      /** Compared in the same turn, for the time that it takes alone. */
      readonly decoys: readonly string[]
    }

export type HashAnswer =
  | { readonly kind: 'hash'; readonly hash: string }
  | { readonly kind: 'compare'; readonly equal: boolean }
