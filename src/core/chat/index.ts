/**
 * Chat: every account's own signed, hash-linked log; gossip as the fast path; reconciliation as the truth.
 *
 * @packageDocumentation
 */
import type { Bytes } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import type { Events } from '../base/events.ts'
import type { AccountId, CallId, EntryId, FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Identity, VerifySignature } from '../identity/index.ts'
import type { Room } from '../room/index.ts'
import type { LogStore } from '../storage/index.ts'
import { RoomChat } from './chat.ts'

/** One file of a folder as its entry lists it. */
export interface FolderEntry {
  /** From the folder down, parts divided by `/`, as its sharer gave it: made safe by the reader before use. */
  readonly path: string
  readonly file: FileId
  /** 32-byte read key. */
  readonly key: Bytes
  readonly sizeBytes: number
  readonly mediaType: string
}

/** What an entry says. */
export type EntryBody =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'file'
      readonly file: FileId
      /** 32-byte read key; only ever inside the room's sealed messages. */
      readonly key: Bytes
      /** Name as its sharer gave it, made safe by the reader before use. */
      readonly name: string
      readonly sizeBytes: number
      readonly mediaType: string
    }
  /** A folder: its files with their places in it. Each is a file like any other, under the folder's one entry. */
  | { readonly kind: 'folder'; readonly name: string; readonly files: readonly FolderEntry[] }
  /**
   * Files for one account: what they are is sealed to it and to its author, everyone else learns ids and who they are for (FI-71).
   * `keys` are the content key sealed to `to` and to the author, `sealed` is a `file` or `folder` body under that key.
   */
  | {
      readonly kind: 'personal'
      readonly to: AccountId
      readonly files: readonly FileId[]
      readonly keys: readonly [Bytes, Bytes]
      readonly sealed: Bytes
    }
  /** Its author takes files back that they posted (FI-48). */
  | { readonly kind: 'withdraw'; readonly files: readonly FileId[] }
  | {
      readonly kind: 'call'
      readonly call: CallId
      readonly outcome: 'ended' | 'missed' | 'declined' | 'cancelled' | 'failed'
      readonly durationMs: number
      readonly with: AccountId
    }

/**
 * Of our own entries: `pending` until stored here with strict durability, `sent` once stored,
 * `delivered` once another account's signed receipt covers it. Others' entries are `received`.
 */
export type DeliveryState = 'pending' | 'sent' | 'delivered' | 'received' | 'failed'

export interface TimelineEntry {
  /** Stable key of the row. Equals `id` once signed; a pending entry has a local one. */
  readonly key: string
  readonly id: EntryId | undefined
  readonly author: AccountId
  readonly own: boolean
  /** Author's clock, ms since the epoch, clamped to two minutes ahead of ours. */
  readonly at: number
  readonly body: EntryBody
  readonly state: DeliveryState
  /** Accounts whose receipts cover this entry. */
  readonly deliveredTo: readonly AccountId[]
  /** Why it failed, as a stable error name. */
  readonly failure?: string
}

export interface ChatEvents {
  /** Rows were added, in timeline order; `history` when they came from disk or catch-up rather than just now. */
  'chat:appended': { entries: readonly TimelineEntry[]; history: boolean }
  /** Rows changed, or were taken off: the timeline is to be read again. An own row's key becomes its id once it is stored. */
  'chat:changed': { entries: readonly TimelineEntry[] }
  /** A member was bounded for sending too much; shown once per member and minute. */
  'chat:flooded': { account: AccountId }
  /** An author signed two histories; the first one seen is kept. Once per author. */
  'chat:forked': { account: AccountId }
  /** Somebody writes in a newer format: those messages need a newer Tessera. At most once a minute. */
  'chat:outdated': object
  /** Messages of others could not be kept and are not shown; `error` is the stable name. At most once a minute. */
  'chat:unkept': { error: string }
}

export interface Chat {
  readonly events: Events<ChatEvents>
  start(): Promise<void>
  stop(): Promise<void>
  /** All rows in timeline order (hybrid clock, then author, then position). */
  timeline(): readonly TimelineEntry[]
  /**
   * Signs, stores and spreads an entry. Returns once stored durably.
   * Throws `EmptyMessageError`, `MessageTooLongError`, `QuotaExceededError`; a failed row stays with state `failed`.
   */
  send(body: EntryBody): Promise<EntryId>
  /** Tries a failed row again. */
  retry(key: string): Promise<void>
  /** Takes a failed row off the timeline. */
  discard(key: string): void
}

/** What chat needs of the other rooms and the platform. */
export interface ChatComponents {
  readonly room: Room
  readonly logs: LogStore
  readonly identity: Pick<Identity, 'account' | 'sign'>
  readonly verify: VerifySignature
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

export interface ChatInit {
  /** Gives the event loop a turn between slices of work; a message port by default. */
  readonly breathe?: () => Promise<void>
}

export function createChat(components: ChatComponents, init: ChatInit = {}): Chat {
  return new RoomChat(components, init)
}

export { packBody, unpackBody } from './body.ts'
export { maxFolderBodyBytes, maxFolderFiles, maxPersonalBytes, maxTextBytes } from './constants.ts'
export { keepOwnLog, restoreOwnLog, type OwnLogPlace } from './own-log.ts'
export {
  BadSignatureError,
  BrokenChainError,
  EmptyMessageError,
  ForeignRoomEntryError,
  ForkedLogError,
  LogFullError,
  MessageTooLongError,
} from './errors.ts'
