/** What is counted while a node runs, for Prometheus. No label holds a person, an address or anything of a request's own. */
export interface Metrics {
  /** `route` is one of ours, never a path. */
  requestAnswered(route: string, method: string, status: number, seconds: number): void
  messageTried(channel: string, provider: string, outcome: string): void
  /** Of a message that was not queued, or a try that was not let through. */
  budgetRefused(budget: string): void
  /** A figure that is looked up whenever somebody reads. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void
  /** Everything, as Prometheus reads it. */
  read(): Promise<{ readonly contentType: string; readonly text: string }>
  close(): void
}

const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A registry of its own for each node: several may run in one process. */
export async function createMetrics(): Promise<Metrics> {
  const { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } = await import('prom-client')
  const register = new Registry()
  const registers = [register]
  const requests = new Histogram({
    name: 'latchkey_http_request_duration_seconds',
    help: 'How long requests took, by route.',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS_BUCKETS,
    registers,
  })
  const messages = new Counter({
    name: 'latchkey_messages_tried_total',
    help: 'Messages offered to a provider, by what came of it.',
    labelNames: ['channel', 'provider', 'outcome'],
    registers,
  })
  const budgets = new Counter({
    name: 'latchkey_budget_refusals_total',
    help: 'What a spent budget did not let through.',
    labelNames: ['budget'],
    registers,
  })
  let isCollecting = false

  return {
    requestAnswered: (route, method, status, seconds) =>
      requests.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, seconds),
    messageTried: (channel, provider, outcome) => messages.inc({ channel, provider, outcome }),
    budgetRefused: (budget) => budgets.inc({ budget }),
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.set(await read())
        },
      })
    },
    async read() {
      // Watching the event loop costs a little: not before somebody looks.
      if (!isCollecting) collectDefaultMetrics({ register })
      isCollecting = true
      return { contentType: register.contentType, text: await register.metrics() }
    },
    close: () => register.clear(),
  }
}
