/** One stream per call and pair of peers: ringing, answers, then WebRTC signalling. */
export const callProtocol = '/tessera/call/1'

/** Longest frame: a session description of 64 KiB and its envelope. A full offer with every codec is under 16 KiB. */
export const maxCallFrameBytes = 72 * 1024

/** Longest session description accepted, in UTF-16 units. */
export const maxSdpLength = 64 * 1024

/** Candidates accepted in one call before the stream is refused; a host with ten addresses makes about forty. */
export const maxCandidates = 400

/** An unanswered ring ends after this; telephones use about the same. */
export const ringTimeoutMs = 45_000

/** How long a call whose media broke may try to come back before it is over. */
export const reconnectGraceMs = 30_000

/** Pause between tries to open a lost signalling stream again. */
export const resumeRetryMs = 1_000

/** Invites answered per account and minute; more are turned away as busy without ringing. */
export const maxInvitesPerMinute = 6

/** Call ids remembered so that a replayed invite does not ring again. */
export const rememberedCalls = 200
