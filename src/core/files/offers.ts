import type { Clock } from '../base/clock.ts'
import { errorName, isAbort, ProtocolError } from '../base/errors.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Room } from '../room/index.ts'
import { maxPlacementsAtOnce, offerPauseMs, offerTimeoutMs } from './constants.ts'
import { RefusedError, type RefusalReason } from './errors.ts'
import { Gate } from './gate.ts'
import type { Holdings } from './holdings.ts'
import { asking, nextAnswer, sendRequest } from './protocol.ts'

export interface OffersComponents {
  readonly room: Room
  readonly clock: Clock
  readonly logger: Logger
  readonly holdings: Holdings
  /** An account said no, so what a file needs may look different. */
  readonly onRefused: (file: FileId) => void
  /** A pause is over: what was refused may be offered again. */
  readonly onRetry: () => void
}

/** Columns to be given to one account. */
export interface Offer {
  readonly file: FileId
  readonly account: AccountId
  readonly peer: PeerId
  readonly columns: readonly number[]
  /** Of one column. */
  readonly columnBytes: number
}

/** What is on its way to accounts for one file, and who said no. */
interface Placing {
  readonly pending: Map<AccountId, readonly number[]>
  readonly refused: Map<AccountId, { readonly until: number; readonly reason: RefusalReason | undefined }>
}

/** Offers that this peer makes, whatever for: what is on its way counts as placed, who said no is left alone a while (FI-12). */
export class Offers {
  readonly #components: OffersComponents
  readonly #placing = new Map<FileId, Placing>()
  readonly #gates = new Map<AccountId, Gate>()
  readonly #stop = new AbortController()
  #cancelRetry: (() => void) | undefined

  constructor(components: OffersComponents) {
    this.#components = components
  }

  stop(): void {
    this.#stop.abort()
    this.#cancelRetry?.()
  }

  forget(file: FileId): void {
    this.#placing.delete(file)
  }

  /** An account came, or went: its refusals are forgotten. */
  presenceChanged(account: AccountId, isHere: boolean): void {
    for (const { refused } of this.#placing.values()) refused.delete(account)
    if (!isHere) this.#gates.delete(account)
  }

  /** Columns on their way now. */
  pending(file: FileId): ReadonlyMap<AccountId, readonly number[]> {
    return this.#placing.get(file)?.pending ?? new Map()
  }

  /** Whether an account may be offered columns of the file now: nothing is on its way to it, and it did not say no lately. */
  mayAsk(file: FileId, account: AccountId): boolean {
    const placing = this.#placing.get(file)
    if (placing === undefined) return true
    const until = placing.refused.get(account)?.until ?? -Infinity
    return !placing.pending.has(account) && until <= this.#components.clock.now()
  }

  /** Whether an account said lately that it has no room for columns of the file. */
  lacksSpace(file: FileId, account: AccountId): boolean {
    const reason = this.#placing.get(file)?.refused.get(account)?.reason
    return reason === 'no-space' || reason === 'too-large'
  }

  /** Offers columns and waits until they are stored there. False when they were not; then the account is left alone a while. */
  async make(offer: Offer, signal?: AbortSignal): Promise<boolean> {
    const { file, account, columns } = offer
    const placing = this.#placing.get(file) ?? { pending: new Map(), refused: new Map() }
    this.#placing.set(file, placing)
    placing.pending.set(account, columns)
    const gate = this.#gates.get(account) ?? new Gate(maxPlacementsAtOnce)
    this.#gates.set(account, gate)
    const either = signal === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, signal])
    try {
      await gate.run(() => this.#ask(offer, either), either)
      return true
    } catch (error) {
      if (!isAbort(error)) this.#refuse(placing, offer, error)
      return false
    } finally {
      placing.pending.delete(account)
    }
  }

  async #ask({ file, account, peer, columns, columnBytes }: Offer, signal: AbortSignal): Promise<void> {
    const request = {
      ...({ type: 'offer', file } as const),
      shards: [...columns].sort((a, b) => a - b),
      sizeBytes: columnBytes * columns.length,
    }
    await asking(this.#components, peer, signal, async (stream, options) => {
      await sendRequest(stream, request)
      const first = await nextAnswer(stream, options)
      if (first.type !== 'accepted') throw new ProtocolError('expected accepted')
      const second = await nextAnswer(stream, { ...options, timeoutMs: offerTimeoutMs })
      if (second.type !== 'stored') throw new ProtocolError('expected stored')
      const receipt = await this.#components.holdings.take(second.receipt, account)
      if (receipt.file !== file || receipt.account !== account) {
        throw new ProtocolError('receipt is of another file or account')
      }
      const counted = this.#components.holdings.get(account, file)?.shards ?? []
      if (columns.some((column) => !counted.includes(column))) {
        throw new ProtocolError('the receipt lacks what was offered')
      }
    })
  }

  #refuse(placing: Placing, { file, account }: Offer, error: unknown): void {
    const { clock, logger, onRetry, onRefused } = this.#components
    logger('info', 'offer failed', { error: errorName(error) })
    const reason = error instanceof RefusedError ? error.reason : undefined
    const isFinal = reason === 'too-large' || reason === 'declined'
    placing.refused.set(account, { until: isFinal ? Infinity : clock.now() + offerPauseMs, reason })
    onRefused(file)
    if (isFinal || this.#cancelRetry !== undefined || this.#stop.signal.aborted) return
    this.#cancelRetry = clock.after(offerPauseMs, () => {
      this.#cancelRetry = undefined
      onRetry()
    })
  }
}
