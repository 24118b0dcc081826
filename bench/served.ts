/** The side of a server process that answers to whoever started it. */
export function serveParent(
  answers: Readonly<Record<string, () => Promise<number>>>,
  stop: () => Promise<void>,
) {
  process.on('message', async (question) => {
    const answer = answers[String(question)]
    if (answer === undefined) throw new Error(`Nobody answers ${String(question)}.`)
    process.send?.(await answer())
  })
  const end = async () => {
    await stop()
    process.exit(0)
  }
  process.once('SIGTERM', end)
  // The bench was ended in the middle: nothing of it goes on.
  process.once('disconnect', end)
}

/** What the starter of this process asked for. */
export function readOptions<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T
}
