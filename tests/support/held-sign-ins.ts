import { openData } from '../../src/open-data.ts'

/** Data whose next sign-in is noted when the test says so: what comes in between is no matter of luck. */
export interface HeldSignIns {
  readonly openData: typeof openData
  /** Holds the next one; settles once it waits to be noted. */
  hold(): Promise<void>
  release(): void
}

export function heldSignIns(): HeldSignIns {
  let gate: Promise<void> | null = null
  let release = () => {}
  let isWaiting = () => {}

  return {
    async openData(...parts) {
      const data = await openData(...parts)
      const { accounts } = data.storage
      const held: typeof accounts = {
        ...accounts,
        async recordSignIn(...signIn) {
          const opened = gate
          gate = null
          isWaiting()
          await opened
          return accounts.recordSignIn(...signIn)
        },
      }
      return { ...data, storage: { ...data.storage, accounts: held } }
    },
    hold() {
      gate = new Promise((resolve) => {
        release = resolve
      })
      return new Promise((resolve) => {
        isWaiting = resolve
      })
    },
    release: () => release(),
  }
}
