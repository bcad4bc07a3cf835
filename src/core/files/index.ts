/**
 * Files that outlive their sender: share, hold, fetch.
 *
 * @packageDocumentation
 */
import type { Bytes } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import type { Events } from '../base/events.ts'
import type { AccountId, EntryId, FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { CesEngine } from '../ces/index.ts'
import type { Chat } from '../chat/index.ts'
import type { Identity, VerifySignature } from '../identity/index.ts'
import type { Room } from '../room/index.ts'
import type { ShardStore } from '../storage/index.ts'
import type { SpaceEstimate } from './budget.ts'
import { RoomFiles } from './files.ts'
import type { CardBody } from './personal.ts'

export type { SpaceEstimate } from './budget.ts'
export type { CardBody } from './personal.ts'
export {
  CorruptFileError,
  ForeignSealedFileError,
  InvalidSealedFileError,
  SealedFileCutError,
  SealedFileVersionError,
  FileUnavailableError,
  InvalidRangeError,
  NoAgreementKeyError,
  SourceChangedError,
  TooManyFilesError,
  TooManyReadersError,
  TransferRunningError,
  UnknownFileError,
  UnknownTransferError,
} from './errors.ts'
export { sealedFileEnding } from './sealed-file.ts'
export { maxFileNameBytes, safeFileName } from './file-name.ts'
export { safeFolderPaths, safePathParts } from './folder-path.ts'

/** A readable source of known length; a browser `File` fits. */
export interface FileSource {
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes: number
  /** Bytes `start` ≤ i < `end`. Throws `SourceChangedError` when the file is gone or changed since. */
  read(start: number, end: number): Promise<Bytes>
}

/** Files that belong together, each with its place. */
export interface FolderSource {
  readonly name: string
  /** 1 to 256. Paths go from the folder down, parts divided by `/`. */
  readonly files: readonly { readonly path: string; readonly source: FileSource }[]
}

/** How something is shared. */
export interface ShareOptions {
  readonly signal?: AbortSignal
  /** The one account that it is for; for the room when absent. */
  readonly to?: AccountId
}

/** Where a fetched file goes, in order, only verified bytes. */
export interface FileSink {
  write(bytes: Bytes): Promise<void>
  /** Called once after the last byte. */
  close(): Promise<void>
  /** Called instead of `close` on failure or cancel: leaves nothing behind. */
  abort(reason: Error): Promise<void>
}

/** A file as it can be taken out sealed: its manifest and the pieces kept here, without the key. */
export interface SealedExport {
  /** Exact length of what {@link SealedExport.write} writes. */
  readonly sizeBytes: number
  /** Writes it as a transfer that is shown and can be cancelled, and closes the sink, or aborts it. Throws `CorruptFileError` when a piece here is damaged, `AbortError`, and what the sink throws. */
  write(sink: FileSink, options?: { signal?: AbortSignal }): Promise<void>
}

/** A file that is read in any order, as a player does; only what is read is fetched. Memory is bounded whatever is asked. */
export interface FileReading {
  readonly sizeBytes: number
  /** As its card says: not to be trusted with anything active. */
  readonly mediaType: string
  /**
   * Verified bytes `start` ≤ i < `end` in a new buffer that is the caller's. Waits for holders as `fetch` does. `signal` withdraws
   * what only this read needs. Throws `InvalidRangeError` (outside the file, or over 8 MiB), `FileUnavailableError`,
   * `CorruptFileError`, `AbortError`; after a failure another read may succeed.
   */
  read(start: number, end: number, options?: { signal?: AbortSignal }): Promise<Bytes>
  /** Ends it; reads under way are aborted. Twice is fine. */
  close(): void
}

/** Rate and forecast, counted on one clock. */
export interface Progress {
  readonly doneBytes: number
  readonly totalBytes: number
  /** Mean over the last few seconds; 0 until known. */
  readonly bytesPerSecond: number
  /** undefined until it can be told honestly. */
  readonly secondsLeft: number | undefined
}

/** One holder of one file as known from signed receipts and answers. */
export interface Holding {
  readonly account: AccountId
  /** Shard indices held whole. */
  readonly shards: readonly number[]
  /** Whether any tab of the account is reachable now. */
  readonly reachable: boolean
}

/** What is true of a file's survival. */
export interface Durability {
  /** 0, as n, until the manifest is known here; nothing is promised then. */
  readonly k: number
  readonly n: number
  readonly holdings: readonly Holding[]
  /** How many accounts besides its owner can still be lost while others can rebuild it; −1 when even now they cannot. */
  readonly survivableLosses: number
  /**
   * True only when the file is spread over as many accounts as its room allows, is whole without the owner, and any one further
   * loss is survivable or was never possible (2 accounts).
   */
  readonly safeToClose: boolean
  /** What is missing until it is safe to close; absent when nothing is, and while the manifest is unknown. */
  readonly needs?: SafetyNeeds
  /**
   * `at-risk`: few more of all who are reachable, the owner included, may vanish, or none; `unavailable`: even now it cannot be
   * rebuilt from them. Absent when neither.
   */
  readonly risk?: 'at-risk' | 'unavailable'
}

/** What a file lacks until its owner may go. */
export interface SafetyNeeds {
  /** `time`: columns are on their way or can be given; `space`: people are here who have no room; `people`: nobody is here to take more. */
  readonly kind: 'time' | 'space' | 'people'
  /** How many more accounts must take a column. */
  readonly accounts: number
  /** Bytes that each of them would keep, about. */
  readonly bytesEach: number
}

/** What came of asking a holder for pieces that it signed for. Only `wrong` is held against it; `silent` and `absent` say nothing. */
export type AuditOutcome = 'good' | 'wrong' | 'missing' | 'silent' | 'absent'

/** A file that is needed here, and what letting go of it costs. */
export interface NeededHere {
  readonly file: FileId
  /** undefined where it is not ours to know: a file between two others. */
  readonly name?: string
  readonly keptBytes: number
  readonly own: boolean
  /**
   * `fragile`: others can rebuild it, until one more of them is lost; `waiting`: only with those who are away; `lost`: as far as is known,
   * nobody could rebuild it any more.
   */
  readonly cost: 'fragile' | 'waiting' | 'lost'
}

/** What a person is asked before something is kept here. */
export type SpaceQuestion =
  /** It fits only when these go as well (FI-85). */
  | {
      readonly kind: 'release'
      readonly neededBytes: number
      readonly freeBytes: number
      readonly files: readonly NeededHere[]
    }
  /** It fits, and little is left then (FI-86). */
  | { readonly kind: 'tight'; readonly neededBytes: number; readonly leftBytes: number }

/** Asks a person; `signal` fires when no answer is wanted any more. */
export type AskAboutSpace = (question: SpaceQuestion, signal: AbortSignal) => Promise<boolean>

/** What {@link Files.handOver} achieved. */
export interface HandOver {
  /** Columns that found a new holder. */
  readonly placed: number
  /** Files of which some column is within nobody's reach once we are gone. */
  readonly left: readonly FileId[]
}

/** What one holder does for a fetch that runs. */
export interface HolderState {
  readonly account: AccountId
  /** Bytes that came from it. */
  readonly receivedBytes: number
  /** Mean of late; 0 while nothing is asked of it. */
  readonly bytesPerSecond: number
  /** `silent`: it owes bytes and gives none; `gone`: not linked, or resting after a failure; `blamed`: it gave wrong bytes. */
  readonly kind: 'giving' | 'idle' | 'silent' | 'gone' | 'blamed'
}

export type TransferState =
  | { readonly kind: 'sealing'; readonly progress: Progress }
  | {
      readonly kind: 'fetching'
      readonly progress: Progress
      /** Accounts with pieces under way. */
      readonly from: readonly AccountId[]
      /** Everyone who was asked, and how they do. */
      readonly holders?: readonly HolderState[]
      /** False when an interruption would cost everything: the file is small, or space is short (FI-33). */
      readonly isKept?: boolean
    }
  | { readonly kind: 'paused'; readonly progress: Progress }
  /** A reload, crash or the program ended it; {@link Files.retry} goes on with what has come. */
  | { readonly kind: 'interrupted'; readonly progress: Progress }
  | { readonly kind: 'waiting'; readonly reason: 'no-holder'; readonly missingShards: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: string; readonly message: string }

/** One file of the room as shown. */
export interface FileView {
  readonly id: FileId
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes: number
  readonly owner: AccountId
  /** The one account that it is for, besides its owner; absent when it is for the room. */
  readonly to?: AccountId
  readonly durability: Durability
  /** True when every byte can be read from this device alone. */
  readonly isLocal: boolean
  /** Bytes of its pieces kept on this device. */
  readonly keptBytes: number
}

/** A transfer that a person started; `id` is local. */
export interface Transfer {
  readonly id: string
  /**
   * `keep`: to this device's own pieces, see {@link Files.keep} and {@link Files.takeIn}; one that was interrupted goes on by either.
   * `export`: out of it, see {@link Files.sealed}.
   */
  readonly direction: 'share' | 'fetch' | 'keep' | 'export'
  readonly name: string
  readonly file: FileId | undefined
  readonly state: TransferState
}

export interface FilesEvents {
  'file:changed': { file: FileView }
  'file:removed': { id: FileId }
  'transfer:changed': { transfer: Transfer }
  /** A holder gave wrong bytes for a piece and was passed over. */
  'holder:blamed': { account: AccountId; file: FileId; error: string }
  /** A holder was asked for pieces that it signed for. */
  'holder:audited': { account: AccountId; file: FileId; outcome: AuditOutcome }
  /** An entry that is for this account, or by it for one other, can be read now, or turned out unreadable; see {@link Files.personal}. */
  'personal:opened': { entry: EntryId }
  /** A file that was not at risk now is, see {@link Durability.risk}; told before it can be lost. */
  'file:at-risk': { file: FileView }
}

export interface Files {
  readonly events: Events<FilesEvents>
  start(): Promise<void>
  stop(): Promise<void>
  list(): readonly FileView[]
  transfers(): readonly Transfer[]
  /**
   * Seals a file into local shards, posts its card to chat and replicates it. Resolves once it is sealed, stored and posted;
   * replication goes on. With `to` only that account and ours can read it, and learn its name (FI-71). Throws `QuotaExceededError`
   * (nothing half-shared, space needed is named), `NoAgreementKeyError`, `SourceChangedError`, `AbortError`.
   */
  share(source: FileSource, options?: ShareOptions): Promise<FileId>
  /**
   * Shares a folder under one entry that lists its files (FI-44): all of them or none. Throws as {@link Files.share} does, and
   * `MessageTooLongError` when names and keys are more than an entry takes.
   */
  shareFolder(folder: FolderSource, options?: ShareOptions): Promise<readonly FileId[]>
  /**
   * Takes files back that were posted from this account: a signed entry tells everyone, who then drop what they keep (FI-48). Who has
   * saved a copy keeps it. Throws `UnknownFileError` when none of them was posted from here, and what `Chat.send` throws.
   */
  withdraw(files: readonly FileId[]): Promise<void>
  /**
   * What an entry of kind `personal` holds for us; `unreadable` when it is ours and does not open, undefined while it is being opened
   * and for entries between others.
   */
  personal(entry: EntryId): CardBody | 'unreadable' | undefined
  /** Whether a file was taken back by all who posted it. */
  isWithdrawn(id: FileId): boolean
  /**
   * Writes the whole file, verified, to the sink, from local shards first and any holders. What an interrupted fetch of the file
   * left here is not fetched again. `signal` ends it and leaves what came for a later fetch; {@link Files.cancel} forgets it.
   * Throws `FileUnavailableError` when pieces are missing everywhere, `CorruptFileError`, `AbortError`.
   */
  fetch(id: FileId, sink: FileSink, options?: { signal?: AbortSignal }): Promise<void>
  /**
   * Opens a file for reading in any order; close it. Waits for its manifest. Throws `UnknownFileError`, `FileUnavailableError`,
   * `CorruptFileError`, `TooManyReadersError`, `AbortError`.
   */
  openReader(id: FileId, options?: { signal?: AbortSignal }): Promise<FileReading>
  /** Asks holders for nothing more until {@link Files.resume}; without effect on what is not a running fetch. */
  pause(transfer: string): void
  resume(transfer: string): void
  /**
   * Starts a fetch again that failed, was cancelled or interrupted, into a new sink and in the same row. Throws as
   * {@link Files.fetch}, and `UnknownTransferError` or `TransferRunningError`.
   */
  retry(transfer: string, sink: FileSink, options?: { signal?: AbortSignal }): Promise<void>
  /** Ends a transfer started here and forgets what came of it. */
  cancel(transfer: string): void
  /**
   * Gathers enough pieces to rebuild a file from this device alone, and holds them for the others too (FI-46). What an interrupted one or
   * an import left here is not fetched again; {@link Files.cancel} forgets it. Throws as
   * {@link Files.fetch} does, and `QuotaExceededError`.
   */
  keep(id: FileId, options?: { signal?: AbortSignal }): Promise<void>
  /** A file that is whole here as a sealed one (FI-49). Throws `UnknownFileError` when it is not. */
  sealed(id: FileId): Promise<SealedExport>
  /**
   * Takes the pieces of a sealed file in, each checked; all or none. The file is one of this room. Throws `InvalidSealedFileError`,
   * `SealedFileCutError`, `SealedFileVersionError`, `ForeignSealedFileError`, `CorruptPieceError`, `QuotaExceededError`, `AbortError`.
   */
  takeIn(source: FileSource, options?: { signal?: AbortSignal }): Promise<FileId>
  /**
   * Gives to others what only this device holds, before we leave; call it while still in the room. Never throws: on `signal` it
   * ends early, and says what is left either way.
   */
  handOver(options?: { signal?: AbortSignal }): Promise<HandOver>
  /** How a person is asked about space. Without it nothing that is needed here is let go of, and no share is held up by little space. */
  setAskAboutSpace(ask: AskAboutSpace | undefined): void
  /** Frees this device's pieces of a file. Does not touch other members'. */
  forget(id: FileId): Promise<void>
}

/** What files need of the rest of the core. */
export interface FilesComponents {
  readonly room: Room
  readonly shards: ShardStore
  readonly chat: Chat
  readonly engine: CesEngine
  readonly identity: Identity
  readonly verify: VerifySignature
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  /** Accounts that are to be given nothing more, besides those who gave wrong bytes. */
  readonly isThreat?: (account: AccountId) => boolean
  /** What the platform says of its disk, over all sites' data of ours; without it only the disk itself refuses. */
  readonly space?: SpaceEstimate
}

export interface FilesInit {
  /** Bytes of this device that others' files may use, over all rooms; by default 512 MiB or a tenth of the quota, whichever is less. */
  readonly budgetBytes?: number
}

/** Files of one room. Start it after the room and chat. */
export function createFiles(components: FilesComponents, init: FilesInit = {}): Files {
  return new RoomFiles(components, init)
}
