import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'

/** What is read when someone asks. */
export interface Gauges {
  readonly connections: () => number
  readonly reservations: () => number
  readonly registrations: () => number
  readonly upgradesOpen: () => number
}

/** What the relay counts, in the text format of Prometheus. Counts only: no address, no peer id. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #refused: Counter<'reason'>
  readonly #upgrades: Counter
  readonly #requests: Counter<'status'>

  constructor() {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#refused = new Counter({
      name: 'tessera_upgrades_refused_total',
      help: 'WebSocket upgrades refused, by reason',
      labelNames: ['reason'],
      registers,
    })
    this.#upgrades = new Counter({
      name: 'tessera_upgrades_total',
      help: 'WebSocket upgrades passed to libp2p',
      registers,
    })
    this.#requests = new Counter({
      name: 'tessera_http_requests_total',
      help: 'HTTP requests answered, by status',
      labelNames: ['status'],
      registers,
    })
  }

  readonly contentType = this.#registry.contentType

  watch(gauges: Gauges): void {
    this.#gauge('tessera_connections', 'libp2p connections open', gauges.connections)
    this.#gauge('tessera_reservations', 'Circuit reservations held', gauges.reservations)
    this.#gauge('tessera_rendezvous_registrations', 'Rendezvous registrations held', gauges.registrations)
    this.#gauge('tessera_upgrades_open', 'WebSockets open', gauges.upgradesOpen)
  }

  upgraded(): void {
    this.#upgrades.inc()
  }

  refused(reason: string): void {
    this.#refused.inc({ reason })
  }

  answered(status: number): void {
    this.#requests.inc({ status: String(status) })
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  stop(): void {
    this.#registry.clear()
  }

  #gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect: () => gauge.set(read()),
    })
  }
}
