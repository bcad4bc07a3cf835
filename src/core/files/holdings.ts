import { equalBytes, type Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { errorName, isAbort, ProtocolError } from '../base/errors.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Identity, VerifySignature } from '../identity/index.ts'
import type { Room } from '../room/index.ts'
import { maxHaveFiles, maxReceiptsWaiting, receiptsTopic } from './constants.ts'
import { Gate } from './gate.ts'
import type { Library } from './library.ts'
import { decodeGossip, encodeGossip } from './messages.ts'
import { asking, nextAnswer, sendRequest } from './protocol.ts'
import { checkReceipt, readReceipt, ReceiptBook, signReceipt, type Receipt } from './receipts.ts'

export interface HoldingsComponents {
  readonly room: Room
  readonly clock: Clock
  readonly logger: Logger
  readonly identity: Identity
  readonly verify: VerifySignature
  readonly library: Library
  /** Only files with a card or pieces here are followed (FI-14). */
  readonly isFollowed: (file: FileId) => boolean
  readonly onChange: (file: FileId, account: AccountId) => void
}

/** Who holds what, as receipts say: ours are signed and spread here, others' are checked, asked for and remembered. */
export class Holdings {
  readonly #components: HoldingsComponents
  readonly #book = new ReceiptBook()
  readonly #own = new Map<FileId, Receipt>()
  readonly #checks = new Gate(1)
  #unsubscribe: () => void = () => {}

  constructor(components: HoldingsComponents) {
    this.#components = components
  }

  start(): void {
    this.#unsubscribe = this.#components.room.subscribe(receiptsTopic, (payload) => {
      this.#hear(payload).catch((error: unknown) => {
        this.#components.logger('debug', 'receipt gossip refused', { error: errorName(error) })
      })
    })
  }

  stop(): void {
    this.#unsubscribe()
  }

  /** Newest checked receipts of a file, ours included. */
  of(file: FileId): readonly Receipt[] {
    return this.#book.of(file)
  }

  /** The newest checked receipt of an account for a file. */
  get(account: AccountId, file: FileId): Receipt | undefined {
    return this.#book.get(file, account)
  }

  filesOf(account: AccountId): readonly FileId[] {
    return this.#book.filesOf(account)
  }

  /** An account was found not to have what it signed for (FI-65). */
  deny(account: AccountId, file: FileId): void {
    if (this.#book.deny(file, account)) this.#components.onChange(file, account)
  }

  forget(file: FileId): void {
    this.#book.forget(file)
    this.#own.delete(file)
  }

  /** What we answer to `have`: our own receipt, signed now if need be, then the others'. */
  async answer(file: FileId): Promise<readonly Receipt[]> {
    const own = await this.own(file)
    const others = this.#book.of(file).filter(({ account }) => account !== own?.account)
    return own === undefined ? others : [own, ...others]
  }

  /** Our receipt for what is kept here now; undefined when we never held anything of the file. */
  async own(file: FileId): Promise<Receipt | undefined> {
    const { identity, room, clock, library } = this.#components
    const shards = library.get(file)?.columns ?? []
    const known = this.#own.get(file) ?? this.#book.get(file, identity.account)
    if (known === undefined && shards.length === 0) return undefined
    if (known !== undefined && known.shards.join() === shards.join()) return known
    const at = Math.max(clock.now(), (known?.at ?? 0) + 1)
    const receipt = await signReceipt(identity, { room: room.id, file, shards, at })
    this.#own.set(file, receipt)
    if (this.#book.put(receipt, { direct: true })) this.#components.onChange(file, receipt.account)
    return receipt
  }

  /** Signs what we hold now and tells everyone (FI-13). */
  async announce(file: FileId): Promise<Receipt | undefined> {
    const receipt = await this.own(file)
    if (receipt === undefined) return undefined
    try {
      await this.#components.room.publish(receiptsTopic, encodeGossip([receipt.bytes]))
    } catch (error) {
      // Gossip is the fast path only: whoever misses it asks.
      this.#components.logger('debug', 'receipt gossip failed', { error: errorName(error) })
    }
    return receipt
  }

  /**
   * Checks and keeps a receipt; `holder` is the account when it told us itself. Receipts of files we do not follow and
   * those we have already are not checked again. Throws `InvalidMessageError`, `ProtocolError`.
   */
  async take(bytes: Bytes, holder?: AccountId): Promise<Receipt> {
    const { room, verify, identity, isFollowed, onChange, library } = this.#components
    const unchecked = readReceipt(bytes, room.id)
    const { file, account } = unchecked
    if (!isFollowed(file)) return unchecked
    const known = this.#book.get(file, account)
    if (known !== undefined && known.shards.length > 0 && equalBytes(known.bytes, bytes)) return known
    const receipt = await checkReceipt(unchecked, verify)
    // Our own holding is what the store says; a receipt of ours from another tab only says: look again.
    const isOurs = account === identity.account
    if (isOurs) await library.refresh(file)
    if (this.#book.put(receipt, { direct: account === holder }) || isOurs) onChange(file, account)
    return receipt
  }

  /**
   * Asks a member what it and others hold of `files` (FI-5). What it does not hold itself it no longer counts for.
   * Throws stream errors, `ProtocolError`, `AbortError`.
   */
  async ask(
    member: { readonly account: AccountId; readonly peer: PeerId },
    files: readonly FileId[],
    signal?: AbortSignal,
  ): Promise<void> {
    if (files.length === 0) return
    await asking(this.#components, member.peer, signal, async (stream, options) => {
      for (let at = 0; at < files.length; at += maxHaveFiles) {
        const batch = files.slice(at, at + maxHaveFiles)
        await sendRequest(stream, { type: 'have', files: batch })
        for (const file of batch) {
          const answer = await nextAnswer(stream, options)
          if (answer.type !== 'holdings' || answer.file !== file) throw new ProtocolError('expected holdings')
          await this.#takeAnswer(file, member.account, answer.receipts)
        }
      }
    })
  }

  async #takeAnswer(file: FileId, holder: AccountId, answered: readonly Bytes[]): Promise<void> {
    let own = false
    for (const bytes of answered) {
      const receipt = await this.take(bytes, holder)
      if (receipt.file !== file) throw new ProtocolError('receipt is of another file')
      if (receipt.account === holder) own = true
    }
    const { clock, onChange } = this.#components
    if (!own && this.#book.drop(file, holder, clock.now())) onChange(file, holder)
  }

  async #hear(payload: Bytes): Promise<void> {
    for (const bytes of decodeGossip(payload)) {
      if (this.#checks.size >= maxReceiptsWaiting) return
      await this.#checks.run(async () => {
        await this.take(bytes)
      })
    }
  }

  /** Asks many members at once; failures are logged, since others answer too. Resolves when all have answered or failed. */
  async askAll(
    members: ReadonlyMap<AccountId, PeerId>,
    files: readonly FileId[],
    signal?: AbortSignal,
  ): Promise<void> {
    await Promise.all(
      [...members].map(async ([account, peer]) => {
        try {
          await this.ask({ account, peer }, files, signal)
        } catch (error) {
          if (!isAbort(error)) {
            this.#components.logger('debug', 'asking for holdings failed', { peer, error: errorName(error) })
          }
        }
      }),
    )
  }
}
