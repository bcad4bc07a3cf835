/** One stream per pair of peers in a call: ringing, answers, then WebRTC signalling. */
export const callProtocol = '/tessera/call/1'

/** One stream each way between members: which call a tab is in and what it sends there. */
export const announceProtocol = '/tessera/call-state/1'

/** Longest frame: a session description of 64 KiB and its envelope. A full offer with every codec is under 24 KiB. */
export const maxCallFrameBytes = 72 * 1024

/** Longest announcement; ours are under 160 bytes. */
export const maxAnnounceFrameBytes = 512

/** Longest session description accepted, in UTF-16 units. */
export const maxSdpLength = 64 * 1024

/** Media lines of a description: ours have four (microphone, camera, screen, screen sound). */
export const maxMediaLines = 8

/** Candidates accepted for one description; a host with ten addresses makes about forty. */
export const maxCandidates = 400

/** Descriptions accepted on one link in a minute: a network that flaps every few seconds needs about twenty. */
export const maxDescriptionsPerMinute = 60

/** An unanswered ring ends after this; telephones use about the same. */
export const ringTimeoutMs = 45_000

/** How long a link whose media broke, or a participant who fell silent, may take to come back. */
export const reconnectGraceMs = 30_000

/** A link that is disconnected this long looks for a new way; shorter breaks mend themselves. */
export const restartAfterMs = 2_000

/** Pause between tries to open a lost signalling stream again: most fail at once, for want of a link that is about to come. */
export const reopenMs = 250

/** First pause before a link that failed is made anew. */
export const resumeRetryMs = 1_000

/** Longest pause between tries to link to a participant who cannot be reached. */
export const maxRetryMs = 10_000

/** Invites answered per account and minute; more are turned away as busy without ringing. */
export const maxInvitesPerMinute = 6

/** Call ids remembered so that a replayed invite does not ring again. */
export const rememberedCalls = 200

/**
 * Tabs one call links to, besides our own. A mesh of video is comfortable to eight people; with sound alone twice that holds.
 * Each link costs an encoder's output and about 40 kbit/s of sound each way.
 */
export const maxLinks = 23

/** Participants of one account that are linked to: a person may be in a call with a phone and a desk. */
export const maxTabsPerAccount = 3

/** Announcements accepted from one member in ten seconds: a person who toggles as fast as hands go makes about forty. */
export const maxAnnouncementsPerTenSeconds = 80

/** Reactions shown of one participant in ten seconds; more are dropped. */
export const maxReactionsPerTenSeconds = 10

/** Wishes for more or less picture accepted on one link in a minute; a tile that is dragged about makes about twenty. */
export const maxWantsPerMinute = 120

/** Requests of one participant that are shown in a minute; more are dropped, so that asking cannot become pestering. */
export const maxRequestsPerMinute = 4

/** Statistics of all links are read together, once in this time; getStats of eight links costs about 10 ms. */
export const qualityEveryMs = 1_000

/** Streams of announcements a member may open in a minute; each replaces the one before. */
export const maxAnnounceStreamsPerMinute = 30
