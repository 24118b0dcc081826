import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { roomyConfigDir } from '../support/config-dir.ts'
import { type SecondNode, startSecondNode } from '../support/second-node.ts'

const nodes: SecondNode[] = []
let folders: string[] = []

afterEach(async () => {
  for (const { process } of nodes.splice(0)) await process.stop()
  for (const folder of folders) rmSync(folder, { recursive: true })
  folders = []
})

describe('two nodes that start at the same moment on no data at all', () => {
  it('agree on one set of keys', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-'))
    const configDir = roomyConfigDir()
    folders = [dataDir, configDir]
    const issuer = 'http://localhost:3999'
    const starts = Array.from({ length: 3 }, () => startSecondNode({ dataDir, configDir, issuer }))
    const outcomes = await Promise.allSettled(starts)
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') nodes.push(outcome.value)
    expect(
      outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : 'up')),
    ).toEqual(['up', 'up', 'up'])
    const keySets = await Promise.all(nodes.map(async ({ url }) => (await fetch(`${url}/jwks`)).json()))
    expect(keySets[1]).toEqual(keySets[0])
    expect(keySets[2]).toEqual(keySets[0])

    // Cookies and forms of one are good at the others.
    const [first, second] = nodes
    if (!first || !second) throw new Error('Two nodes are up.')
    const page = await fetch(`${first.url}/sign-up?userType=user`)
    const csrf = (await page.text()).match(/name="csrf" value="([^"]+)"/)?.[1] ?? ''
    const cookie = page.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const answer = await fetch(`${second.url}/sign-up?userType=user`, {
      method: 'POST',
      headers: { cookie },
      body: new URLSearchParams({ csrf, email: 'no address', password: 'x' }),
    })
    expect(answer.status).toBe(422)
  })
})
