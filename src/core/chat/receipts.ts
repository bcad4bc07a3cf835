import type { Bytes } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { AccountId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Identity, VerifySignature } from '../identity/index.ts'
import type { Room } from '../room/index.ts'
import type { LogStore } from '../storage/index.ts'
import { maxAuthors, receiptDelayMs, receiptDelayPerAccountMs, receiptSaveMs } from './constants.ts'
import type { Delivery, NewlyCovered } from './delivery.ts'
import { checkReceiptSignature, decodeReceipt, signReceipt, type LogHead, type Receipt } from './receipt.ts'

export interface ReceiptsInit {
  readonly room: Room
  readonly store: LogStore
  readonly identity: Pick<Identity, 'account' | 'sign'>
  readonly verify: VerifySignature
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly delivery: Delivery
  readonly onCovered: (news: readonly NewlyCovered[]) => void
  /** Our own new receipt, to be spread. */
  readonly onSigned: (bytes: Bytes) => void
}

/** Writes our receipts, takes in those of others, keeps the latest of each (SPEC CH-10). */
export class Receipts {
  readonly #init: ReceiptsInit
  readonly #unsaved = new Set<AccountId>()
  #cancelDue: (() => void) | undefined
  #cancelSave: (() => void) | undefined
  #working: Promise<void> = Promise.resolve()
  #isStarted = false

  constructor(init: ReceiptsInit) {
    this.#init = init
  }

  /** Takes in stored receipts; they were checked before they were stored. */
  async load(): Promise<void> {
    const { store, room, delivery, logger, onCovered } = this.#init
    for (const [reader, bytes] of await store.receipts(room.id)) {
      try {
        onCovered(delivery.take(decodeReceipt(bytes, room.id)))
      } catch (error) {
        logger('error', 'chat.stored-receipt-unreadable', { reader, error: errorName(error) })
      }
    }
    this.#isStarted = true
    this.due()
  }

  /** Saves what is unsaved. */
  async stop(): Promise<void> {
    this.#isStarted = false
    this.#cancelDue?.()
    this.#cancelSave?.()
    await this.#working
    await this.#save()
  }

  /** Entries of others were stored: a receipt is due soon. */
  due(): void {
    if (!this.#isStarted || this.#cancelDue !== undefined) return
    const { clock, random, room } = this.#init
    const [chance = 0] = random(1)
    const accounts = new Set(room.members().map(({ account }) => account)).size
    const delayMs = Math.round(receiptDelayMs * (1 + chance / 256) + receiptDelayPerAccountMs * accounts)
    this.#cancelDue = clock.after(delayMs, () => {
      this.#cancelDue = undefined
      this.#working = this.#working.then(() => this.#sign())
    })
  }

  /** Takes a receipt from the wire. Throws `InvalidMessageError`, `VersionError`, `ForeignRoomEntryError`, `BadSignatureError`. */
  async take(bytes: Bytes): Promise<void> {
    const { room, delivery, verify } = this.#init
    const receipt = decodeReceipt(bytes, room.id)
    if (!delivery.isNews(receipt)) return
    await checkReceiptSignature(receipt, verify)
    this.#keep(receipt)
  }

  async #sign(): Promise<void> {
    const { store, room, identity, clock, delivery, onSigned, logger } = this.#init
    const reader = identity.account
    try {
      // The store, not our memory: it is what is durable, and what the profile's other tabs have receipted already.
      const heads = new Map<AccountId, LogHead>()
      for (const [author, head] of await store.heads(room.id)) {
        if (author !== reader && heads.size < maxAuthors) heads.set(author, head)
      }
      let covered = 0
      for (const { seq } of heads.values()) covered += seq + 1
      if (covered <= (delivery.latest(reader)?.covered ?? 0)) return
      const receipt = await signReceipt(
        { room: room.id, reader, at: Math.floor(clock.now()), heads },
        identity,
      )
      this.#keep(receipt)
      onSigned(receipt.bytes)
    } catch (error) {
      logger('warn', 'chat.receipt-not-signed', { error: errorName(error) })
    }
  }

  #keep(receipt: Receipt): void {
    const { delivery, onCovered, clock } = this.#init
    onCovered(delivery.take(receipt))
    this.#unsaved.add(receipt.reader)
    this.#cancelSave ??= clock.after(receiptSaveMs, () => {
      this.#cancelSave = undefined
      this.#working = this.#working.then(() => this.#save())
    })
  }

  async #save(): Promise<void> {
    const { store, room, delivery, logger } = this.#init
    const readers = [...this.#unsaved]
    this.#unsaved.clear()
    for (const reader of readers) {
      const receipt = delivery.latest(reader)
      if (receipt === undefined) continue
      try {
        await store.putReceipt(room.id, reader, receipt.bytes)
      } catch (error) {
        // Nothing acknowledged is lost: the reader tells it again.
        logger('warn', 'chat.receipt-not-kept', { reader, error: errorName(error) })
      }
    }
  }
}
