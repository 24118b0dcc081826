/** A value that shows itself only when asked: printed, logged or written as JSON it is empty. */
export interface Secret {
  reveal(): string
}

export function secretOf(value: string): Secret {
  return Object.freeze({ reveal: () => value })
}
