import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createPostForm } from './post-form.ts'

let server: Server
let url = ''
let answer: (request: IncomingMessage, response: ServerResponse) => void
let asked = 0

beforeEach(async () => {
  asked = 0
  server = createServer((request, response) => {
    asked += 1
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`
})

afterEach(() => {
  server.close()
  server.closeAllConnections()
})

const patience = () => AbortSignal.timeout(5000)

describe('a posted form', () => {
  it('arrives as one, and its status comes back', async () => {
    let body = ''
    let type: string | undefined = ''
    answer = async (request, response) => {
      type = request.headers['content-type']
      body = await text(request)
      response.writeHead(204).end()
    }
    expect(await createPostForm('anywhere')(url, { a: 'b c&ü' }, patience())).toBe(204)
    expect([type, body]).toEqual(['application/x-www-form-urlencoded', 'a=b+c%26%C3%BC'])
  })

  it('is not sent on to where it is redirected', async () => {
    answer = (_request, response) => void response.writeHead(307, { location: url }).end()
    expect(await createPostForm('anywhere')(url, {}, patience())).toBe(307)
    expect(asked).toBe(1)
  })

  it('does not wait for the end of an answer', async () => {
    answer = (_request, response) => void response.writeHead(200).write('and so on')
    expect(await createPostForm('anywhere')(url, {}, patience())).toBe(200)
  })

  it('is broken off when it is told to stop', async () => {
    answer = () => {}
    const sent = createPostForm('anywhere')(url, {}, AbortSignal.timeout(20))
    await expect(sent).rejects.toMatchObject({ code: 'ABORT_ERR' })
  })

  it('tells where nobody listens', async () => {
    server.close()
    await expect(createPostForm('anywhere')(url, {}, patience())).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    })
  })

  it.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433'])(
    'does not reach %s where only public addresses are reached',
    async (host) => {
      answer = (_request, response) => void response.end()
      const inside = url.replace('127.0.0.1', host)
      const sent = createPostForm('public')(inside, {}, patience())
      await expect(sent).rejects.toMatchObject({ code: 'PRIVATE_ADDRESS' })
      expect(asked).toBe(0)
    },
  )
})
