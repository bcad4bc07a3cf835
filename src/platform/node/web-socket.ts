import { WebSocket } from 'ws'

// Node 20 has no global WebSocket, and libp2p dials with that one. `ws` is made to the same standard (WHATWG WebSockets).
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket

export {}
