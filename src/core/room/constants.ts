/** Mutual proof of the room's secret. Speaks over relayed links, to anyone. */
export const roomProtocol = '/tessera/room/1'

/** Names, goodbye, and who else is here; one stream each way between two members. */
export const presenceProtocol = '/tessera/presence/1'

/** Version inside the handshake; a later one is answered with a refusal that says so. From 2 on certificates have an agreement key. */
export const roomVersion = 2

/** Builds from before agreement keys speak this one; they are met in it. */
export const oldestRoomVersion = 1

/** Certificate (about 250 bytes), name and app version with room to grow. */
export const maxHandshakeFrameBytes = 2_048

/** 64 peers with 8 addresses of 512 bytes would not fit a frame; real addresses are under 200. */
export const maxPresenceFrameBytes = 128 * 1024

/** A handshake is three round trips over a relay. */
export const handshakeTimeoutMs = 10_000

/** Handshakes at once: a member answers this many strangers' proofs, the rest are refused. */
export const maxHandshakes = 32

/** Failed proofs a peer may make in a minute. */
export const maxFailuresPerMinute = 5

/** Proofs and nonces remembered against replay. Each handshake has fresh nonces, so this only names the attack. */
export const rememberedProofs = 4_096

/** A member without a link is shown as away for so long, then as gone. */
export const awayMs = 10 * 60_000

/** Peers of a room that are tried and remembered. */
export const maxKnownPeers = 64

/** Members whose names are remembered. */
export const maxNames = 500

/** First and longest pause between two questions to the relays; members tell each other meanwhile. */
export const discoverMs = { first: 1_000, longest: 45_000 }

/** A registration lives twice as long as the pause between two (rendezvous spec minimum is two hours by default; ours is asked). */
export const registrationTtlMs = 2 * 60 * 60_000

/** How long those that relays name may take to be reached before a room with nobody in it is called that. */
export const firstLookMs = 5_000

/** First and longest pause between tries to reach a known peer. */
export const retryMs = { first: 500, longest: 30_000 }

/** Tries of a peer that nobody has mentioned since, before it is dropped from the list. */
export const maxTries = 6

/** How long a new member's link may take to become direct before what can wait goes over the relay. */
export const relayedPatienceMs = 400

/** The side that was admitted waits this long for the other to make the direct link before it tries as well. */
export const upgradePatienceMs = 5_000

/** First and longest pause between tries to make a relayed link direct. */
export const upgradeRetryMs = { first: 8_000, longest: 5 * 60_000 }
