/**
 * Chat: every account's own signed, hash-linked log; gossip as the fast path; reconciliation as the truth.
 *
 * @packageDocumentation
 */
import type { Bytes } from '../base/bytes.ts'
import type { Events } from '../base/events.ts'
import type { AccountId, CallId, EntryId, FileId } from '../base/ids.ts'

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
  'chat:changed': { entries: readonly TimelineEntry[] }
  /** A member was bounded for sending too much; shown once per member and minute. */
  'chat:flooded': { account: AccountId }
}

/** Longest text body in UTF-8 bytes: 64 KiB, so that an entry always fits one frame of every link. */
export const maxTextBytes = 65_536

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
