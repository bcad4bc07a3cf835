/** Stream protocol of this room's files. SPEC.md has its rules. */
export const filesProtocol = '/tessera/files/1'

/** Gossip topic for new receipts. */
export const receiptsTopic = 'files/receipts/1'

/** Raw bytes in one frame: a whole piece as we cut them (CES-4), so that none is put together from parts. Every chunk but a piece's last is full. */
export const chunkBytes = 262_144

/** How long a person's answer about space is waited for. No answer is no. */
export const personAnswerTimeoutMs = 10 * 60_000

/** Less than so many bytes left after a share is little, or than this part of the quota where that is less: messages and others' files need some. */
export const tightBytes = 512 * 1_048_576
export const tightShare = 0.05

/** Longest answer but a chunk: receipts of one file. */
export const maxAnswerBytes = 65_536

/** CBOR values and keys in one frame, counted before it is parsed: 64 files or receipts and what is around them. */
export const maxFrameItems = 256

/** Longest frame from the asking end: a `have` for {@link maxHaveFiles} files. */
export const maxRequestFrameBytes = 4_096

/** Longest manifest, by decision 10. */
export const maxManifestBytes = 1_048_576

/** Longest piece accepted, 1 MiB: four times what we make. Bounds what one corrupt answer can cost. */
export const maxPieceBytes = 1_048_576

/** Longest Merkle path: 40 nodes are enough for 2^40 pieces. */
export const maxPathBytes = 40 * 32

/** Bytes asked for and not yet received, per stream, at most: less than a stream of ours keeps for a slow reader (ME-4). */
export const maxInFlightBytes = 6_291_456

/** Bytes that a holder of unknown speed is asked for, and one of any speed at least. */
export const firstCreditBytes = 1_048_576

/** Round trips of a holder that what it is asked for covers: its wants travel while the rest comes. */
export const creditRoundTrips = 4

/** A holder that was asked for all it may owe is asked again once it owes this share of it: a few wants are read together, and what comes stays even. */
export const creditRefillShare = 0.75

/**
 * Bounds of the time that what a holder is asked for covers. So much at most is late when it falls silent; and what lies in a browser's network
 * threads is worked off before the page gets its turn, on a busy machine.
 */
export const creditSpanMs = { least: 100, most: 1_000 } as const

/** Lines to the only holder of a fetch that takes long, its link included (FI-87). */
export const linesToOnlyHolder = 3

/** A fetch takes long when so much time is left, in ms: another line takes half a second and some work on both sides. */
export const longFetchMs = 4_000

/** How long a holder gives before what it gives is taken for what it can, in ms. */
export const measuredAfterMs = 1_000

/** A holder that gives less is not held up by its line's window, but by the line, or by others who fetch from it. */
export const quickHolderBytesPerSecond = 4_194_304

/** How long a holder's rate is measured for one sample. */
export const rateSampleMs = 250

/** Bytes of opened or gathered segments held at once by one fetch. */
export const maxFetchBufferBytes = 33_554_432

/** Sealed pieces a share keeps in memory between its two passes; a larger file is sealed again for the rest. */
export const maxSealBufferBytes = 33_554_432

/** Piece bytes of one store transaction; 1 to 4 MiB is fastest and bounds what a full disk throws away. */
export const storeBatchBytes = 4_194_304

/** Files in one `have` frame. */
export const maxHaveFiles = 64

/** Pieces read from the store at once for one stream: neighbours cost one read. */
export const maxPiecesPerRead = 16

/** Their bytes: 16 of ours. Pieces of 1 MiB, as others may cut them, are read four at a time. */
export const maxReadAtOnceBytes = 4_194_304

/** Wants of one stream taken in before they are answered; the others wait in the stream. */
export const maxWantsQueued = 256

/** `have` frames in one stream: 10,000 files in batches of 64. */
export const maxHaveFrames = 157

/** Receipts in one `holdings` answer; 64 of at most 512 bytes fit one frame. */
export const maxReceiptsPerAnswer = 64

/** Longest encoded receipt: 255 shards and every fixed field. */
export const maxReceiptBytes = 512

/** Receipts of one file kept in memory. */
export const maxReceiptsPerFile = 256

/** Receipts waiting for their signature check; more are dropped, since answers to `have` bring them again. */
export const maxReceiptsWaiting = 256

/** Files listed in one room. */
export const maxFilesPerRoom = 10_000

/** Cards kept of one file when several members post it. */
export const maxCardsPerFile = 4

/** Streams served at once to one peer. */
export const maxStreamsPerPeer = 8

/** Streams served at once in all. */
export const maxStreamsServed = 64

/** Files pulled for others at once; further accepted offers wait. */
export const maxPullsAtOnce = 2

/** Offers accepted and not finished. */
export const maxOffersWaiting = 64

/** Files being placed at once by this peer, so that offers to one holder stay under its stream bound. */
export const maxPlacementsAtOnce = 4

/** A holder that owes bytes and gives none for this long is replaced. */
export const stallTimeoutMs = 5_000

/** Time for a request's first answer. */
export const answerTimeoutMs = 10_000

/** An idle served stream is ended after this. */
export const idleTimeoutMs = 60_000

/** Longest time one offered column set may take: 512 MiB at 0.15 MB/s. */
export const offerTimeoutMs = 3_600_000

/** A holder that owes bytes and gives none for this long gets no new work, and what it owes is asked of others (FI-32). */
export const silentAfterMs = 1_000

/** Age of a piece request at which others may be asked too, when they are at least twice as soon (FI-32). */
export const lateAfterMs = 1_000

/** How often a fetch looks at its holders and reports its rate: with {@link silentAfterMs} a silent holder is replaced within 2 s. */
export const fetchTickMs = 500

/** Pause before a holder that stalled or dropped is tried again, times its strikes. */
export const holderPauseMs = 10_000

/** Longest wait for a holder to show up; after it a fetch fails with `FileUnavailableError`. */
export const waitForHolderMs = 3_600_000

/** Pause before a refused or failed offer is made again. */
export const offerPauseMs = 60_000

/** Space given to others when the platform does not say how much there is. */
export const defaultBudgetBytes = 536_870_912

/** Share of the quota given to others, when that is less. */
export const budgetShare = 0.1

/** A `partial` file not refreshed for this long belongs to a closed tab and is removed. */
export const partialStaleMs = 120_000

/** How often a running share or pull refreshes its `partial` record: four times in the stale time. */
export const partialRefreshMs = 30_000

/** Progress events at most ten times a second. */
export const progressEveryMs = 100

/** Rates are the mean over this long. */
export const rateWindowMs = 5_000

/** Finished transfers kept for show. */
export const maxTransfersKept = 100

/** Clocks of members may differ by this much; a receipt older than that does not bring back what its holder has denied. */
export const clockSkewMs = 120_000

/** Longest range of one read (FI-30): what a player asks for at once is far less, and so much is allocated. */
export const maxReadBytes = 8_388_608

/** Reads of one reader that are served at once; more wait their turn. */
export const maxReadsAtOnce = 4

/** Opened segments that one reader keeps for the next reads. */
export const readerCacheBytes = 16_777_216

/** How far beyond a read the next segments are fetched already: a second of a video of 32 Mbit/s. */
export const readAheadBytes = 4_194_304

/** Readers open at once in one room: each may hold its cache and {@link maxReadsAtOnce} reads in memory. */
export const maxReaders = 16

/** A smaller file is fetched again when its fetch is interrupted: keeping its pieces would cost more than it saves. */
export const minKeptFileBytes = 4_194_304

/** Piece bytes of one store transaction of a running fetch: what a crash costs is less than three of them. */
export const keptBatchBytes = 2_097_152

/** Pieces of a running fetch that wait for a full batch are stored after this long. */
export const keptFlushMs = 2_000

/** Share of the free space that the pieces of running fetches may take: the file itself needs as much. */
export const keptSpaceShare = 0.5

/** What an interrupted fetch left is removed after a week. */
export const keptForMs = 604_800_000

/** Free space that weighs 1 in placement: a quarter of what a device gives by default. */
export const weighedFreeBytes = 134_217_728

/** Presence that weighs 1 in placement. */
export const weighedPresenceMs = 1_800_000

/** Bounds of either weight: the greatest claim makes an account 8 times likelier than the least, and no more. */
export const leastWeight = 0.5
export const mostWeight = 4

/** An account without a link for this long is lost, as the room has it (RO-7). */
export const awayMs = 600_000

/** Pieces that repairs may read in all: 16 Mbit/s, after a rest 32 MiB at once. More would be felt in calls and fetches. */
export const repairRate = { bytesPerSecond: 2_097_152, burstBytes: 33_554_432 } as const

/** Pause before a repair begins, so that receipts under way are seen and a flapping link is not repaired. */
export const repairSettleMs = 15_000

/** The same when few more losses are survivable. */
export const urgentSettleMs = 2_000

/** How long each account waits for the one before it, besides the time that the work itself takes. */
export const takeOverMs = 60_000

/** Bytes of gathered and recoded segments held at once by one repair: two of the largest of 4 of 12. */
export const maxRebuildBufferBytes = 8_388_608

/** How long a repair waits for holders that rest before it gives up and leaves it to the next. */
export const rebuildPatienceMs = 30_000

/** Repairs run at once by this peer. */
export const maxRepairsAtOnce = 2

/** Each holder is audited about this often by everyone who keeps a file that it signed for. */
export const auditEveryMs = 600_000

/** Audits come this part of their period earlier or later, by chance. */
export const auditJitter = 0.25

/** How often the schedule looks for new holders. */
export const auditTickMs = 60_000

/** Pieces asked for in one audit, at most. */
export const maxAuditPieces = 4

/** Bytes asked for in one audit: four of our pieces. */
export const auditBytes = 1_048_576

/** How often rebuilt columns that were refused are offered to others before they are given up. */
export const maxHandingRounds = 3
