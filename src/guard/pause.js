/**
 * Many guards that lost one issuer shall not come back all at once.
 *
 * @param {number} seconds
 */
export function jittered(seconds) {
  return seconds * (0.8 + Math.random() * 0.4)
}

/**
 * Ends early when `stopped` does. A program that has nothing else to do may end meanwhile.
 *
 * @param {number} ms
 * @param {AbortSignal} stopped
 * @returns {Promise<void>}
 */
export function pause(ms, stopped) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      stopped.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    timer.unref()
    stopped.addEventListener('abort', done)
    if (stopped.aborted) done()
  })
}
