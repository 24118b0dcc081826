// Plain JavaScript: to strip types each thread would load a compiler of its own, 10 MB that it needs once.
import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import bcrypt from 'bcrypt'

/** @import { HashAnswer, HashJob } from './hash-job.ts' */

// On Linux a priority belongs to a thread: hashing then yields to everything that answers requests. Elsewhere
// this call would slow the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW)

parentPort?.on('message', (/** @type {HashJob} */ job) => {
  parentPort?.postMessage(answer(job))
})

/**
 * @param {HashJob} job
 * @returns {HashAnswer}
 */
function answer(job) {
  // The synchronous functions: the others would hash in libuv's pool, where signing waits behind them.
  if (job.kind === 'hash') return { kind: 'hash', hash: bcrypt.hashSync(job.input, job.cost) }
  const equal = bcrypt.compareSync(job.input, job.hash)
  for (const decoy of job.decoys) bcrypt.compareSync(job.input, decoy)
  return { kind: 'compare', equal }
}
