import { setTimeout as wait } from 'node:timers/promises'
import type { Bench, Ground } from '../bench.ts'
import { ceilingFigure, type Figure } from '../figure.ts'
import { freePort } from '../free-port.ts'
import type { ApiOptions } from '../guarded-api.ts'
import { createHttpClient, type HttpClient } from '../http-client.ts'
import type { LatchkeyOptions } from '../latchkey-server.ts'
import { startLoad, startPaced } from '../load.ts'
import { askForMachineToken, revokeMachineToken } from '../relying-party.ts'
import type { ServerProcess } from '../server-process.ts'
import { percentile } from '../statistics.ts'

const REVOCATIONS_PER_SECOND = 200
const REQUESTS_PER_SECOND = 500
/** Of what was to be done in a second, so much must have been. */
const ENOUGH = 0.95
/** Not counted: there the code is still being compiled. */
const LEAD_IN_SECONDS = 2
/** Of those that are never revoked: the API must go on accepting them. */
const LIVE_TOKENS = 100
const CONCURRENCY = 16
/** Of every so many requests one comes with a live token, one with a token that was refused before. */
const REQUESTS_IN_TURN = 5
/** Revoked on until a kill, and after it. */
const AROUND_A_KILL_MS = 500
const LONGEST_WAIT_MS = 30_000
const LOOK_EVERY_MS = 20
const REFUSED = 401

/**
 * Two nodes on one database, and an API that follows the first of them. Tokens are revoked at the second; whatever
 * the API answers is what counts, and a token is asked with as often as the requests allow, so the time until its
 * refusal is rather told too long than too short.
 */
export const revocation: Bench = {
  name: 'revocation',
  async measure(ground) {
    const { revocationSeconds: seconds } = ground.pace
    const scene = await openScene(ground)
    const perKill = Math.ceil((REVOCATIONS_PER_SECOND * 4 * AROUND_A_KILL_MS) / 1000)
    await scene.issue(REVOCATIONS_PER_SECOND * (LEAD_IN_SECONDS + seconds) + 2 * perKill)
    const figure = await measureRefusals(scene, seconds)
    for (const victim of ['followed', 'revoking'] as const) await scene.killAndRestart(victim)
    const name =
      'tokens accepted again that were refused or revoked before, kill -9 of each node and of the API'
    const again = ceilingFigure({ name, unit: 'tokens', atMost: 0 }, scene.acceptedAgain.size)
    scene.close()
    return [figure, again]
  },
}

async function measureRefusals(scene: Scene, seconds: number): Promise<Figure> {
  const waits: number[] = []
  let turn = 0

  /** One that is to be refused any moment, the one that was not asked with for longest. */
  async function askWithRevoked(): Promise<boolean> {
    const next = scene.revoked.shift()
    if (next === undefined) return false
    const status = await scene.ask(next.token)
    if (status === REFUSED) {
      waits.push(performance.now() - next.at)
      scene.dead.push(next.token)
    } else {
      expectStatus(status, 200)
      scene.revoked.push(next)
    }
    return true
  }

  async function request(): Promise<void> {
    turn += 1
    const { dead, live } = scene
    const refused = dead[turn % dead.length]
    if (turn % REQUESTS_IN_TURN === 1 && refused !== undefined) await scene.askWithDead(refused)
    else if (turn % REQUESTS_IN_TURN === 0 || !(await askWithRevoked()))
      expectStatus(await scene.ask(live[turn % LIVE_TOKENS] ?? ''), 200)
  }

  const requests = startPaced(request, REQUESTS_PER_SECOND)
  const revocations = startPaced(scene.revokeNext, REVOCATIONS_PER_SECOND)
  await wait(LEAD_IN_SECONDS * 1000)
  waits.length = 0
  const [askedBefore, revokedBefore] = [requests.done(), revocations.done()]
  const began = performance.now()
  await wait(seconds * 1000)
  const perSecond = (done: number) => Math.round((done * 1000) / (performance.now() - began))
  const asked = perSecond(requests.done() - askedBefore)
  const revoked = perSecond(revocations.done() - revokedBefore)
  await revocations.stop()
  const until = performance.now() + LONGEST_WAIT_MS
  while (scene.dead.length < revocations.done()) {
    if (performance.now() > until) throw new Error(`${scene.revoked.length} tokens are never refused.`)
    await wait(LOOK_EVERY_MS)
  }
  await requests.stop()
  const p99 = percentile(waits, 0.99)
  const name = `p99 from an acknowledged revocation to its refusal by an offline API, two nodes, ${revoked} revocations/s, ${asked} requests/s`
  const figure = ceilingFigure({ name, unit: 'ms', atMost: 1000 }, p99)
  return {
    ...figure,
    ours: `${figure.ours} (p50 ${Math.ceil(percentile(waits, 0.5))} ms)`,
    // Of a load that the machine could not bear it says nothing.
    met: figure.met && revoked >= ENOUGH * REVOCATIONS_PER_SECOND && asked >= ENOUGH * REQUESTS_PER_SECOND,
  }
}

type Scene = Awaited<ReturnType<typeof openScene>>

async function openScene({ startServer, newFolder }: Ground) {
  const dataDir = newFolder()
  const ports = { followed: await freePort(), revoking: await freePort() }
  const issuer = `http://localhost:${ports.followed}`
  const startNode = (port: number) => {
    const options: LatchkeyOptions = { dataDir, people: 0, hashing: 'off', place: { port, issuer } }
    return startServer('latchkey-server.ts', options)
  }
  const startApi = () => {
    const options: ApiOptions = { issuer }
    return startServer('guarded-api.ts', options)
  }
  const nodes = { followed: await startNode(ports.followed), revoking: await startNode(ports.revoking) }
  let api: { readonly process: ServerProcess; readonly http: HttpClient }
  let revoking = createHttpClient(nodes.revoking.url)
  const stock: string[] = []
  const live: string[] = []
  /** Acknowledged, and not refused yet. */
  const revoked: { readonly token: string; readonly at: number }[] = []
  const dead: string[] = []
  const acceptedAgain = new Set<string>()
  await openApi()

  async function openApi(): Promise<void> {
    const process = await startApi()
    api = { process, http: createHttpClient(process.url) }
  }

  async function ask(token: string): Promise<number> {
    const { status } = await api.http.send('/', { headers: { authorization: `Bearer ${token}` } })
    return status
  }

  async function askWithDead(token: string): Promise<number> {
    const status = await ask(token)
    if (status === 200) acceptedAgain.add(token)
    return status
  }

  async function revokeNext(): Promise<void> {
    const token = stock.pop()
    if (token === undefined) throw new Error('There are no more tokens to revoke.')
    await revokeMachineToken(revoking, token)
    revoked.push({ token, at: performance.now() })
  }

  /** With every one of them, over and over until all answers are for good. */
  async function askWithAllDead(): Promise<void> {
    const until = performance.now() + LONGEST_WAIT_MS
    const open = new Set(dead)
    while (open.size > 0) {
      if (performance.now() > until) throw new Error(`The API does not know ${open.size} dead tokens.`)
      const queue = [...open]
      await Promise.all(
        Array.from({ length: CONCURRENCY }, async () => {
          for (let token = queue.pop(); token !== undefined; token = queue.pop())
            if ((await askWithDead(token)) === REFUSED) open.delete(token)
        }),
      )
    }
  }

  return {
    live,
    revoked,
    dead,
    acceptedAgain,
    ask,
    askWithDead,
    revokeNext,
    /** Tokens enough to revoke, and some to keep. */
    async issue(count: number): Promise<void> {
      const http = createHttpClient(nodes.followed.url)
      const load = startLoad({
        task: async () => stock.push(await askForMachineToken(http)),
        concurrency: CONCURRENCY,
      })
      while (stock.length < count + LIVE_TOKENS) await load.for(LOOK_EVERY_MS / 1000)
      await load.stop()
      live.push(...stock.splice(0, LIVE_TOKENS))
      http.close()
    },
    /** While tokens are being revoked. Whatever was acknowledged by then counts; the rest may have gone either way. */
    async killAndRestart(victim: keyof typeof nodes): Promise<void> {
      const revocations = startPaced(() => revokeNext().catch(() => {}), REVOCATIONS_PER_SECOND)
      await wait(AROUND_A_KILL_MS)
      api.http.close()
      await Promise.all([nodes[victim].kill(), api.process.kill()])
      await wait(AROUND_A_KILL_MS)
      await revocations.stop()
      dead.push(...revoked.splice(0).map(({ token }) => token))
      nodes[victim] = await startNode(ports[victim])
      revoking.close()
      revoking = createHttpClient(nodes.revoking.url)
      await openApi()
      await askWithAllDead()
      for (const token of live) expectStatus(await ask(token), 200)
    },
    close(): void {
      api.http.close()
      revoking.close()
    },
  }
}

function expectStatus(status: number, wanted: number): void {
  if (status !== wanted) throw new Error(`The API answered ${status} where ${wanted} was due.`)
}
