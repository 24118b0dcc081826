const MAX_LINE = 64 * 1024

/**
 * Server-sent events (HTML Living Standard §9.2.6), of which only the arrival counts: what an event says is not
 * signed, so it can wake and nothing else. Comments are heartbeats. Ends with the stream; throws on a broken one.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {{ onBytes: () => void, onEvent: () => void }} on
 */
export async function readEvents(body, { onBytes, onEvent }) {
  const decoder = new TextDecoder()
  let rest = ''
  let hasField = false
  for await (const chunk of body) {
    onBytes()
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/)
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE) throw new Error('A line of the stream does not end')
    for (const line of lines) {
      if (line !== '') {
        if (!line.startsWith(':')) hasField = true
      } else if (hasField) {
        hasField = false
        onEvent()
      }
    }
  }
}
