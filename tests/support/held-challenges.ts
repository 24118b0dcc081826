import { openData } from '../../src/open-data.ts'

/** Data whose new challenges are written when the test says so: what comes in between is no matter of luck. */
export interface HeldChallenges {
  readonly openData: typeof openData
  /** From now on nothing is written before `release`. */
  hold(): void
  /** Settles when so many wait to be written. */
  waiting(count: number): Promise<void>
  release(): void
}

export function heldChallenges(): HeldChallenges {
  let gate = Promise.resolve()
  let release = () => {}
  let waiting = 0
  const lookers: (() => void)[] = []

  return {
    async openData(...parts) {
      const data = await openData(...parts)
      const { challenges } = data.storage
      const held: typeof challenges = {
        ...challenges,
        async insert(challenge, write) {
          waiting += 1
          for (const look of lookers) look()
          await gate
          return challenges.insert(challenge, write)
        },
      }
      return { ...data, storage: { ...data.storage, challenges: held } }
    },
    hold() {
      waiting = 0
      gate = new Promise((resolve) => {
        release = resolve
      })
    },
    waiting: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (waiting >= count) resolve()
        }
        lookers.push(look)
        look()
      }),
    release: () => release(),
  }
}
