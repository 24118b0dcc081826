import type { Figure } from './figure.ts'
import type { LatchkeyOptions } from './latchkey-server.ts'
import type { ServerProcess } from './server-process.ts'
import type { Site } from './site.ts'

/** How long and how often is measured. */
export interface Pace {
  readonly rounds: number
  readonly seconds: number
  readonly signInSeconds: number
  /** Where real passwords are hashed a round is longer: few sign-ins end in a second. */
  readonly hashingRounds: number
  readonly hashingSeconds: number
  readonly coldStarts: number
  /** Sign-ins before memory is looked at again. */
  readonly signInsForMemory: number
  /** People and employees of a large organisation. */
  readonly crowd: { readonly accounts: number; readonly records: number }
  /** Of each kind of them in a round, one after another. */
  readonly crowdSignIns: number
  readonly importedRows: number
  readonly malformedRequests: number
  readonly revocationSeconds: number
}

/** What a bench is given. Everything it starts is ended with it. */
export interface Ground {
  readonly pace: Pace
  startLatchkey(
    hashing: LatchkeyOptions['hashing'],
    more?: Pick<LatchkeyOptions, 'disabled' | 'crowd' | 'resendUrl' | 'messages'>,
  ): Promise<Site>
  startBareProvider(): Promise<Site>
  /** A server of a file of this folder, whose load is the bench's own. */
  startServer(file: string, options: object): Promise<ServerProcess>
  /** A fresh folder on the disk that this tree is on. */
  newFolder(): string
}

export interface Bench {
  readonly name: string
  measure(ground: Ground): Promise<readonly Figure[]>
}
