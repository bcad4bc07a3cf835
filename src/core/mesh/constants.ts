/** Bytes of frames a slow reader may leave waiting on one stream; js-libp2p itself resets a stream at 4 MiB unread. */
export const maxQueuedBytes = 8 * 1024 * 1024

/** Streams of one protocol that one peer may have open to us at once. */
export const maxStreamsPerProtocol = 64

/** One try of one dial: a good one takes 0.2 to 1.1 s even on a busy machine, a hung one never ends by itself. */
export const dialTimeoutMs = 4_000

/** Tries of one dial before it is given up for now. */
export const dialTries = 3

/** Connections besides a peer's link that streams of ours have for themselves at once. */
export const maxOwnLines = 2

/** Opening a stream on a link that is up. */
export const openStreamTimeoutMs = 10_000

/** Liveness pings on every link, and so the age of a round-trip figure. A vanished tab is noticed within two. */
export const pingIntervalMs = 5_000

/**
 * After a change of network a connection has three of its round trips to answer, within these bounds, and is given up then. The least
 * bears a busy processor; a call waits for it.
 */
export const probeTimeoutMs = { least: 500, unmeasured: 750, most: 1_500 }

/** How long the relayed link stays beside a fresh direct one, so that what runs on it can end. */
export const relayedGraceMs = 3_000

/** First and longest pause between tries to reach a relay; each is drawn between half and all of its value. */
export const relayRetryMs = { first: 500, longest: 15_000 }

/** Whoever arrives where others are has this long to reach one of them before it asks for a reservation. */
export const lookPatienceMs = 400

/** Registering waits this long for a reservation to give us an address. */
export const reservationTimeoutMs = 10_000

/** Protocols in which the side that opens a stream speaks first, and that every relay or member of a room answers. */
export const eagerProtocols: ReadonlySet<string> = new Set([
  '/libp2p/circuit/relay/0.2.0/hop',
  '/libp2p/circuit/relay/0.2.0/stop',
  '/rendezvous/1.0.0',
  '/tessera/room/1',
  '/webrtc-signaling/0.0.1',
])

/** Gossip between linked, admitted peers. */
export const gossipProtocol = '/tessera/gossip/1'

/** Largest gossip payload: a chat entry of 64 KiB with its envelope and seal. */
export const maxGossipBytes = 96 * 1024

/** Message hashes remembered so that none is passed on twice; at 100 a second this is over a minute. */
export const seenMessages = 8_192

/** Bytes waiting for one slow neighbour before new gossip to it is dropped; the logs are compared later anyway. */
export const maxGossipBacklogBytes = 1024 * 1024

/** Relay addresses tried at once: the page's own relay with two or three, and a link's four hints. */
export const maxRelayAddresses = 16

/**
 * Bytes of a large frame that travel in one write (ME-11): `most` on a quick line, `least` on a slow one or one that was not measured, `usual` where lines
 * are not measured.
 */
export const writeBytes = { least: 16 * 1024, usual: 64 * 1024, most: 128 * 1024 } as const

/** How long one such write should occupy a line, in ms: without interleaving (RFC 8260) whatever else is said meanwhile waits behind it. */
export const writeSpanMs = 50

/** How long a line is looked at for one measurement of its rate, in ms. */
export const lineSampleMs = 250

/** Longest data-channel message: {@link writeBytes}, what is said before and left over (a piece's path in the tree is up to 1.3 KiB), and libp2p's framing. */
export const channelMessageBytes = writeBytes.most + 4 * 1024

/** Bytes handed to a data channel before its writer waits: under the 16 MiB at which Chromium refuses (W3C WebRTC section 6.2). */
export const channelHighBytes = 4 * 1024 * 1024

/** The writer goes on at so many bytes left in a channel, so that the wire does not rest while a busy page takes its turn. */
export const channelLowBytes = 1024 * 1024
