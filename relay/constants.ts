/** Bounds of circuit relaying. A circuit carries signalling and, when nothing better works, files at a slow pace. */
export const circuitLimits = {
  /** Clients renew five minutes before the end; who disconnects loses the place at once (js-libp2p issue 2833). */
  reservationTtlMs: 60 * 60_000,
  dataBytes: 8n * 1024n * 1024n,
  durationMs: 10 * 60_000,
}

/** Bounds of libp2p's connection manager. Every WebSocket comes from loopback, so "per host" means "in all" here. */
export const connectionLimits = {
  maxConnections: 2_000,
  inboundPerSecond: 1_000,
  maxPending: 500,
}

/** Bounds of the public HTTP server. */
export const httpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  maxHeaderBytes: 16 * 1024,
  /** Sockets in all, upgraded or not: some above what libp2p takes. */
  maxSockets: 4_000,
  /** How often Node looks for requests past their time; its own default of 30 s would triple the limits above. */
  checkIntervalMs: 2_000,
}

/** Remote addresses tracked at once by the limiter, some 100 bytes each; beyond this, newcomers wait. */
export const maxTrackedAddresses = 50_000

/** Addresses in `/relay.json`; pages refuse a longer list. */
export const maxAddresses = 16

/** A stop that takes longer than this is cut short. */
export const stopTimeoutMs = 5_000
