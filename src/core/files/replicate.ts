import type { Clock } from '../base/clock.ts'
import { errorName, isAbort, ProtocolError } from '../base/errors.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Room } from '../room/index.ts'
import { maxPlacementsAtOnce, offerPauseMs, offerTimeoutMs } from './constants.ts'
import { RefusedError } from './errors.ts'
import { survivable } from './durability.ts'
import { Gate } from './gate.ts'
import type { Holdings } from './holdings.ts'
import type { KeptFile, Library } from './library.ts'
import { planOffers, ranked } from './placement.ts'
import type { Presence } from './presence.ts'
import { asking, nextAnswer, sendRequest } from './protocol.ts'

export interface ReplicateComponents {
  readonly room: Room
  readonly clock: Clock
  readonly logger: Logger
  readonly presence: Presence
  readonly library: Library
  readonly holdings: Holdings
  readonly isBlamed: (file: FileId, account: AccountId) => boolean
  readonly ownerOf: (file: FileId) => AccountId | undefined
}

/** Columns on their way to an account, or the time until which it is not asked again. */
interface Placing {
  readonly pending: Map<AccountId, readonly number[]>
  readonly pausedUntil: Map<AccountId, number>
}

/**
 * Sees that each file kept here has its columns on other accounts (FI-11, FI-12): the owner offers while it is here;
 * without it, of those who hold a column, the one that rendezvous order names.
 */
export class Replicator {
  readonly #components: ReplicateComponents
  readonly #placing = new Map<FileId, Placing>()
  readonly #gates = new Map<AccountId, Gate>()
  readonly #stop = new AbortController()
  #cancelRetry: (() => void) | undefined

  constructor(components: ReplicateComponents) {
    this.#components = components
  }

  stop(): void {
    this.#stop.abort()
    this.#cancelRetry?.()
  }

  considerAll(): void {
    for (const file of this.#components.library.files()) this.consider(file)
  }

  /** An account came or went: its refusals are forgotten, and every file is looked at again. */
  presenceChanged(account: AccountId): void {
    for (const placing of this.#placing.values()) placing.pausedUntil.delete(account)
    if (!this.#components.presence.reachable(account)) this.#gates.delete(account)
    this.considerAll()
  }

  forget(file: FileId): void {
    this.#placing.delete(file)
  }

  /** Starts the offers that one file needs now, if they are ours to make. */
  consider(file: FileId): void {
    const { library, presence } = this.#components
    const kept = library.get(file)
    if (this.#stop.signal.aborted || kept === undefined || kept.columns.length === 0) return
    if (!presence.isFirstTab()) return
    const owner = this.#components.ownerOf(file)
    const placing = this.#placingOf(file)
    const assigned = this.#assigned(kept, owner, placing)
    const offerable = this.#offerable(kept, owner)
    if (offerable.length === 0) return
    const direct = presence.direct()
    const { account: self } = this.#components.room.self
    const candidates = [...direct.keys()].filter(
      (account) =>
        account !== owner &&
        account !== self &&
        !this.#isPaused(placing, account) &&
        !this.#components.isBlamed(file, account),
    )
    for (const [account, shards] of planOffers(file, kept.shape, offerable, assigned, candidates)) {
      const peer = direct.get(account)
      if (peer !== undefined && !placing.pending.has(account)) this.#start(kept, { account, peer }, shards)
    }
  }

  /** Columns that are ours to offer: all of the owner's; of an orphan's, those for which we are first among its holders. */
  #offerable(kept: KeptFile, owner: AccountId | undefined): readonly number[] {
    const { room, presence, holdings } = this.#components
    const self = room.self.account
    if (owner === self) return kept.columns
    if (owner !== undefined && presence.reachable(owner)) return []
    const holders = holdings.of(kept.id).filter(({ account }) => presence.reachable(account))
    return kept.columns.filter((shard) => {
      const able = holders.filter(({ shards }) => shards.includes(shard)).map(({ account }) => account)
      return ranked(kept.id, new Set([self, ...able]))[0] === self
    })
  }

  /** Columns that count as placed: with reachable accounts or on their way; with away ones too while no loss is near. */
  #assigned(
    kept: KeptFile,
    owner: AccountId | undefined,
    placing: Placing,
  ): ReadonlyMap<AccountId, readonly number[]> {
    const { holdings, presence, isBlamed } = this.#components
    const others = holdings
      .of(kept.id)
      .filter(({ account }) => account !== owner && !isBlamed(kept.id, account))
    const present = others.filter(({ account }) => presence.reachable(account))
    const isUrgent =
      survivable(
        kept.shape,
        present.map(({ shards }) => new Set(shards)),
      ) < 1
    const known = presence.accounts()
    const counted = isUrgent ? present : others.filter(({ account }) => known.has(account))
    const assigned = new Map<AccountId, readonly number[]>()
    for (const { account, shards } of counted) assigned.set(account, shards)
    for (const [account, shards] of placing.pending) {
      assigned.set(account, [...new Set([...(assigned.get(account) ?? []), ...shards])])
    }
    return assigned
  }

  #start(
    kept: KeptFile,
    target: { readonly account: AccountId; readonly peer: PeerId },
    shards: readonly number[],
  ): void {
    const { account, peer } = target
    const placing = this.#placingOf(kept.id)
    placing.pending.set(account, shards)
    const gate = this.#gates.get(account) ?? new Gate(maxPlacementsAtOnce)
    this.#gates.set(account, gate)
    const { signal } = this.#stop
    gate
      .run(() => this.#offer(kept, peer, account, shards), signal)
      .catch((error: unknown) => this.#pause(placing, account, error))
      .finally(() => {
        placing.pending.delete(account)
        this.consider(kept.id)
      })
      .catch((error: unknown) => {
        this.#components.logger('error', 'placement failed', { error: errorName(error) })
      })
  }

  async #offer(kept: KeptFile, peer: PeerId, account: AccountId, shards: readonly number[]): Promise<void> {
    const { holdings } = this.#components
    const columnBytes = Math.ceil(kept.keptBytes / Math.max(1, kept.columns.length))
    const offer = {
      ...({ type: 'offer', file: kept.id } as const),
      shards: [...shards].sort((a, b) => a - b),
      sizeBytes: columnBytes * shards.length,
    }
    await asking(this.#components, peer, this.#stop.signal, async (stream, options) => {
      await sendRequest(stream, offer)
      const first = await nextAnswer(stream, options)
      if (first.type !== 'accepted') throw new ProtocolError('expected accepted')
      const second = await nextAnswer(stream, { ...options, timeoutMs: offerTimeoutMs })
      if (second.type !== 'stored') throw new ProtocolError('expected stored')
      const receipt = await holdings.take(second.receipt, account)
      if (receipt.file !== kept.id || receipt.account !== account) {
        throw new ProtocolError('receipt is of another file or account')
      }
    })
  }

  #pause(placing: Placing, account: AccountId, error: unknown): void {
    const { clock, logger, presence } = this.#components
    if (isAbort(error)) return
    logger('info', 'offer failed', { error: errorName(error) })
    const isFinal = error instanceof RefusedError && ['too-large', 'declined'].includes(error.reason)
    placing.pausedUntil.set(account, isFinal ? Infinity : clock.now() + offerPauseMs)
    if (isFinal || !presence.reachable(account) || this.#cancelRetry !== undefined) return
    this.#cancelRetry = clock.after(offerPauseMs, () => {
      this.#cancelRetry = undefined
      this.considerAll()
    })
  }

  #isPaused(placing: Placing, account: AccountId): boolean {
    return (placing.pausedUntil.get(account) ?? -Infinity) > this.#components.clock.now()
  }

  #placingOf(file: FileId): Placing {
    let placing = this.#placing.get(file)
    if (placing === undefined) {
      placing = { pending: new Map(), pausedUntil: new Map() }
      this.#placing.set(file, placing)
    }
    return placing
  }
}
