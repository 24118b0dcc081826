/**
 * The check digit of Verhoeff (1969): it catches every single wrong digit and every swap of neighbours. Aadhaar
 * numbers end with one.
 */
const MULTIPLIED = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
  [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
  [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
  [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
  [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
  [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
  [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
  [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
  [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
] as const
const PERMUTED = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
  [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
  [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
  [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
  [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
  [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
  [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
] as const
const INVERSE = [0, 4, 3, 2, 1, 5, 6, 7, 8, 9] as const

/** Does the last digit fit the ones before it? False for a text that is not digits alone. */
export function hasVerhoeffDigit(digits: string): boolean {
  return /^\d+$/.test(digits) && fold(digits) === 0
}

/** The digit that makes `digits` pass when it is put behind them. */
export function verhoeffDigitOf(digits: string): string {
  return String(INVERSE[fold(`${digits}0`)])
}

function fold(digits: string): number {
  let check = 0
  for (const [place, digit] of [...digits].reverse().entries()) {
    const permuted = PERMUTED[place % 8]?.[Number(digit)] ?? 0
    check = MULTIPLIED[check]?.[permuted] ?? 0
  }
  return check
}
