import type { Reply } from './balanced-visitor.ts'

/** What somebody outside can tell answers apart by: values that differ from one request to the next are left out. */
export function shapeOf({ status, headers, text, location }: Reply, typed: string): object {
  const plain = (value: string) =>
    value
      .replaceAll(typed, 'TYPED')
      .replace(/interaction\/[\w-]+/g, 'interaction/UID')
      .replace(/name="csrf" value="[^"]+"/g, 'CSRF')
      .replace(/<b>[A-Z]{2}<\/b>/g, 'REFERENCE')
      .replace(/\bcode [A-Z]{2}\b/g, 'code REFERENCE')
      .replace(/datetime="[^"]+"/g, 'DATETIME')
      .replace(/\d{1,2}:\d{2}(:\d{2})?/g, 'TIME')
      .replace(/dur="\d+s"/g, 'DURATION')
  const kept = [...headers].filter(([name]) => name !== 'date' && name !== 'traceparent')
  const shown = kept.map(([name, value]) => {
    // The name and attributes of a cookie, not its value; a wait of 10 s is 9 s a moment later.
    if (name === 'set-cookie') return [name, value.replace(/=[^;]+/, '=VALUE').replace(/expires=[^;]+/i, '')]
    if (name === 'retry-after') return [name, Number(value) > 0]
    return [name, plain(value)]
  })
  return { status, location: location && plain(location), headers: shown, body: plain(text) }
}
