/** Does jobs of one key one after the other, in the order in which they came; those of other keys meanwhile. */
export type InTurn = <T>(key: string, job: () => Promise<T>) => Promise<T>

export function createInTurn(): InTurn {
  const last = new Map<string, Promise<unknown>>()

  return (key, job) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(job)
    // How this one ends is nothing to the next.
    const ended = mine.then(ignore, ignore).then(() => {
      if (last.get(key) === ended) last.delete(key)
    })
    last.set(key, ended)
    return mine
  }
}

function ignore(): void {}
