/** Heads, ranges, receipts and notices; small frames, so also over a relayed link (SPEC CH-12). */
export const chatProtocol = '/tessera/chat/1'

/** Gossip topic of live entries and receipts; the room turns the label into the real topic name. */
export const chatTopic = 'chat'

/** Longest text body in UTF-8 bytes: 64 KiB, so that an entry always fits one frame of every link. */
export const maxTextBytes = 65_536

/** Files of one folder entry: about 190 bytes each with usual names, so that they fit {@link maxFolderBodyBytes}. */
export const maxFolderFiles = 256

/** Longest folder body as it travels: it must fit an entry as a text does. */
export const maxFolderBodyBytes = 65_536

/** Longest sealed part of a body for one account: with 256 ids beside it, it must fit an entry. */
export const maxPersonalBytes = 57_344

/**
 * Longest entry: 64 KiB of text, 32 references and the envelope come to under 68 KiB. Growing it past 95 KiB would not
 * fit the gossip bound any more.
 */
export const maxEntryBytes = 72 * 1024

/** Longest receipt: 1,000 authors at 75 bytes each. */
export const maxReceiptBytes = 80 * 1024

/** Longest gossip payload; the room's seal and gossipsub's envelope must stay under 128 KiB together with it. */
export const maxGossipBytes = 96 * 1024

/** Longest frame on a stream: 1,000 heads and 1,000 receipt marks come to 115 KiB. */
export const maxChatFrameBytes = 256 * 1024

/** Entries of one answer stop at this many bytes, so that any answer fits a frame with its envelope. */
export const maxAnswerBytes = 180 * 1024

/** Entries asked for at once: one frame of short messages; each costs one signature check. */
export const maxAnswerEntries = 512

/** Entries stored in one transaction: one answer of a catch-up, {@link maxAnswerEntries}. */
export const maxRunEntries = 512

/** Bytes stored in one transaction: an answer of a catch-up five times over; one entry always fits. */
export const maxRunBytes = 1024 * 1024

/** Stored entries read at once: bounds memory when all are of the longest kind (64 × 72 KiB = 4.5 MiB). */
export const readPageEntries = 64

/** Stored entries decoded at start before the event loop gets a turn: about 20 ms of work. */
export const loadPageEntries = 512

/** Other authors' heads an entry names at most (SPEC CH-3). */
export const maxRefs = 32

/** Accounts never met as members whose logs are kept; members met are kept beyond it, up to {@link maxAuthors}. */
export const maxStrangers = 500

/** Accounts whose logs are kept in one room; one receipt and one heads frame must name them all. */
export const maxAuthors = 1_000

/** Longest log of one author. Stops one member from filling the room. */
export const maxAuthorEntries = 50_000

/** Most bytes of one author's log. */
export const maxAuthorBytes = 128 * 1024 * 1024

/** Entries kept of one room, own ones apart. In memory each costs about half a KiB as a row. */
export const maxRoomEntries = 200_000

/** Bytes kept of one room, own ones apart. */
export const maxRoomBytes = 512 * 1024 * 1024

/** Live entries of one author taken per second, and at once (SPEC CH-9). People type far slower; bots get the rest by catch-up. */
export const authorRate = { perSecond: 20, burst: 60 }

/** Live entries and receipts one peer may bring on notice streams. */
export const carrierRate = { perSecond: 60, burst: 180 }

/** Live receipts of one reader; honest ones batch to at most six a second. */
export const receiptRate = { perSecond: 10, burst: 30 }

/** Live items that wait to be checked; beyond it the newest is dropped and left to catch-up. */
export const maxQueuedItems = 1_024

/** Bytes that wait to be checked. */
export const maxQueuedBytes = 8 * 1024 * 1024

/** Signatures checked before the event loop gets a turn: 16 × 1.2 ms in the slowest engine is one long frame. */
export const checksPerSlice = 16

/** Checked entries that wait for an earlier one of their author, in all; gossip reorders by a few. */
export const maxEarly = 256

/** A person is told of the same flooding member at most this often. */
export const floodNoticeMs = 60_000

/** Entries of an author that must have checked out before a flood is laid at their door: forgeries name innocents. */
export const floodProofEntries = 10

/** An author who sent too much counts as flooding this long; catch-up then takes smaller bites, others first. */
export const floodingMs = 10_000

/** Entries taken of a flooding author in one catch-up. */
export const floodCatchUpEntries = 512

/** Catch-up after dropped live entries starts after this pause. */
export const afterFloodMs = 5_000

/** Receipts gather for this long, plus up to as much again by chance so that a room does not answer in one instant. */
export const receiptDelayMs = 100

/** Added to the receipt delay for each present account: a room of 30 writes at most about one a second each. */
export const receiptDelayPerAccountMs = 25

/** Received receipts are written to disk this long after the first unsaved one: they can be asked for again. */
export const receiptSaveMs = 1_000

/** Every present member's holdings are compared with one other's about this often, for what every faster way missed. */
export const syncEveryMs = 30_000

/** An entry that waits for an earlier one gets this long for gossip to bring it before catch-up starts. */
export const gapDelayMs = 250

/** A present member without receipt for our entry after this is synced with. */
export const nudgeAfterMs = 2_000

/** Between two such tries with one peer. */
export const nudgeEveryMs = 10_000

/** Pauses before a failed session is tried again; after the last the periodic round takes over. */
export const retryDelaysMs: readonly number[] = [1_000, 2_000, 4_000]

/** Sessions we open at the same time. */
export const maxSessions = 4

/** Sessions one peer may have open with us; more are aborted. */
export const maxSessionsPerPeer = 4

/** Streams one peer may open, per second and at once. */
export const streamRate = { perSecond: 2, burst: 30 }

/** A silent session ends after this; the other side may be waiting for its turn to ask. */
export const sessionIdleMs = 60_000

/** An answer that takes longer ends the session: a slow holder must not block the others. */
export const answerTimeoutMs = 10_000

/** One session asks this long while others wait for their turn. */
export const turnMs = 10_000

/** Bytes taken per session over a relayed link: circuits are cut at about 1 MiB, and a direct link usually follows. */
export const maxRelayedBytes = 256 * 1024

/** Pause before the next session when the last one stopped at a bound. */
export const moreAfterMs = 5_000

/** Answers one session gives before it ends: 200,000 entries of the common size. */
export const maxAnswers = 8_192

/** Items in one notice, and notices that wait for one peer. */
export const maxNoticeItems = 32

/** Items that wait to be noticed to one relayed member; beyond it catch-up does the work. */
export const maxNoticesWaiting = 128

/** First words wait this long for a first comparison with members present: our log may exist elsewhere (SPEC CH-5). */
export const firstContactMs = 3_000

/** Compare-and-append tries of one entry; every lost one means that another tab won. */
export const maxAppendTries = 2_000

/** Stamps further ahead than this are shown as this far ahead. */
export const maxShownAheadMs = 120_000

/** Stamps of others further ahead than this do not pull our clock along (SPEC CH-4). */
export const maxFollowedAheadMs = 600_000
