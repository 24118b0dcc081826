/** Who waits: nobody may fill a queue alone. */
export interface Waiting {
  /** Such as the network of an address. */
  readonly caller: string
  /** Has this person signed in in this browser before? A share of the places is theirs. */
  readonly isKnown: boolean
}

export interface FairQueueOptions {
  /** Places in all. */
  readonly places: number
  /** How many of one caller may wait once half of the places are taken. */
  readonly placesPerCaller: number
}

export interface FairQueue<Item extends Waiting> {
  /** Why the item may not wait, or null when it does. */
  push(item: Item): 'full' | 'too-many-of-one-caller' | null
  /** The next in turn: callers take turns, each caller's items keep their order. */
  shift(): Item | undefined
  readonly length: number
}

/** The last quarter of the places is for people at their own devices. */
const SHARE_OF_THE_KNOWN = 1 / 4
/** Below this one caller may take what nobody else wants: an office behind one address is many people. */
const QUIET = 1 / 2

/** A bounded queue in which a flood from one address delays itself and nobody else. */
export function createFairQueue<Item extends Waiting>(options: FairQueueOptions): FairQueue<Item> {
  const { places, placesPerCaller } = options
  // A Map keeps the order of insertion: the caller whose turn is next stands first.
  const byCaller = new Map<string, Item[]>()
  let length = 0

  function refusal({ caller, isKnown }: Item): 'full' | 'too-many-of-one-caller' | null {
    const open = isKnown ? places : places - Math.floor(places * SHARE_OF_THE_KNOWN)
    if (length >= open) return 'full'
    const own = byCaller.get(caller)?.length ?? 0
    const isQuiet = length < places * QUIET
    return isQuiet || own < placesPerCaller ? null : 'too-many-of-one-caller'
  }

  return {
    push(item) {
      const refused = refusal(item)
      if (refused !== null) return refused
      const own = byCaller.get(item.caller)
      if (own) own.push(item)
      else byCaller.set(item.caller, [item])
      length += 1
      return null
    },
    shift() {
      const [next] = byCaller
      if (next === undefined) return undefined
      const [caller, [item, ...later]] = next
      byCaller.delete(caller)
      if (later.length > 0) byCaller.set(caller, later)
      length -= 1
      return item
    },
    get length() {
      return length
    },
  }
}
