import { createServer, type Server } from 'node:http'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'

/** The figures on a port of their own, for whoever is on this machine. */
export function createMetricsServer(metrics: Pick<Metrics, 'read'>, log: Log): Server {
  return createServer(async (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    try {
      const { contentType, text } = await metrics.read()
      response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text)
    } catch (err) {
      log.error({ err }, 'metrics')
      response.writeHead(503).end()
    }
  })
}
