import { openData } from '../src/open-data.ts'
import type { Storage } from '../src/storage/index.ts'

/** The data of a node whose codes are made, stored and checked like any other's, and go to nobody. */
export const openDataWithoutMessages: typeof openData = async (...parts) => {
  const data = await openData(...parts)
  return { ...data, storage: withoutMessages(data.storage) }
}

/** What a sign-in writes goes on without its messages and their price; the queue's worker finds nothing to do. */
function withoutMessages(storage: Storage): Storage {
  const { challenges, messages } = storage
  return {
    ...storage,
    challenges: {
      ...challenges,
      insert: (challenge, write) => challenges.insert(challenge, { ...write, messages: [] }),
    },
    messages: {
      ...messages,
      insert: async () => ({ ok: true, queued: false }),
      claim: async () => [],
    },
  }
}
