import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { AbortError, errorName } from '../base/errors.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import { throwIfAborted } from '../base/wait.ts'
import { pieceBytes, verifyPiece, type Manifest } from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import type { StoredPiece } from '../storage/index.ts'
import { holderPauseMs, lateAfterMs, longFetchMs } from './constants.ts'
import { Helper, type Owed } from './helper.ts'
import { isHostile } from './hostile.ts'
import type { HolderState } from './index.ts'
import type { PieceStream } from './piece-stream.ts'

/** A holder that can be asked now: its best tab, and the columns its receipt names. */
export interface Source {
  readonly peer: PeerId
  readonly shards: readonly number[]
}

export interface SwarmComponents {
  readonly room: Pick<Room, 'openStream'>
  readonly clock: Clock
  readonly file: FileId
  readonly manifest: Manifest
  /** Who can be asked now. */
  readonly sources: () => ReadonlyMap<AccountId, Source>
  readonly isBlamed: (account: AccountId) => boolean
  readonly onBlame: (account: AccountId, error: string) => void
  /** Takes a piece that was wanted and is right; its holder is asked for no more in its stead until this resolves. Never rejects. */
  readonly onPiece?: ((piece: StoredPiece) => Promise<void>) | undefined
  /** Bytes still wanted, as far as is known: of a holder that gives them alone more lines are asked where that takes long (FI-87). */
  readonly leftBytes?: (() => number) | undefined
  /** Called whenever it may have become stuck or unstuck. */
  readonly onTurn: () => void
}

/** How a segment is wanted. */
export interface GatherOptions {
  /** Wants of a lower rank are served first; of one rank, those asked for first. Asked again at each turn; 0 unless told. */
  readonly rank?: () => number
  /** Withdraws the want; pieces on their way are dropped when they come. */
  readonly signal?: AbortSignal
}

/** A segment's pieces that are still to come. */
interface Want {
  readonly segment: number
  readonly rank: () => number
  readonly need: number
  /** Shards the caller has already. */
  readonly have: ReadonlySet<number>
  readonly got: Map<number, Bytes>
  readonly asked: Set<Owed>
  resolve(pieces: ReadonlyMap<number, Bytes>): void
  reject(error: Error): void
}

/** Somebody with room for more, and what it has. */
interface Able {
  readonly helper: Helper
  readonly source: Source
}

/**
 * Gets pieces of a file from several holders at once (FI-19): earliest segment first, data shards first, each holder taking
 * the next piece that it can give. Every piece is checked on arrival; who gives wrong ones is blamed, who is silent or gone
 * rests a while, and what the slow owe is asked of the quick (FI-32).
 */
export class Swarm {
  readonly #components: SwarmComponents
  #wants: Want[] = []
  readonly #helpers = new Map<AccountId, Helper>()
  #failure: Error | undefined
  #isPaused = false

  constructor(components: SwarmComponents) {
    this.#components = components
  }

  /** `need` more pieces of a segment besides those in `have`, by shard index. A segment is wanted once at a time. */
  async gather(
    segment: number,
    need: number,
    have: ReadonlySet<number>,
    { rank = () => 0, signal }: GatherOptions = {},
  ): Promise<ReadonlyMap<number, Bytes>> {
    throwIfAborted(signal)
    if (this.#failure !== undefined) throw this.#failure
    let withdraw = (): void => {}
    try {
      return await new Promise<ReadonlyMap<number, Bytes>>((resolve, reject) => {
        const want: Want = {
          ...{ segment, rank, need, have, got: new Map(), asked: new Set() },
          ...{ resolve, reject },
        }
        withdraw = () => {
          this.#remove(want)
          reject(new AbortError('the segment is not wanted any more', { cause: signal?.reason }))
        }
        signal?.addEventListener('abort', withdraw, { once: true })
        this.#wants.push(want)
        this.pump()
      })
    } finally {
      signal?.removeEventListener('abort', withdraw)
    }
  }

  /** While paused nothing new is asked for; what is under way still comes. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.pump()
  }

  /** How each holder that was asked does, in the order they were first asked. */
  holders(): readonly HolderState[] {
    const now = this.#components.clock.now()
    return [...this.#helpers.values()].map((helper) => ({
      account: helper.account,
      receivedBytes: helper.receivedBytes,
      bytesPerSecond: helper.inFlightBytes > 0 ? (helper.bytesPerSecond ?? 0) : 0,
      kind: this.#kindOf(helper, now),
    }))
  }

  #kindOf(helper: Helper, now: number): HolderState['kind'] {
    if (this.#components.isBlamed(helper.account)) return 'blamed'
    if (helper.pausedUntil > now || !this.#components.sources().has(helper.account)) return 'gone'
    if (helper.isSilent()) return 'silent'
    return helper.inFlightBytes > 0 ? 'giving' : 'idle'
  }

  /** Accounts with pieces under way. */
  active(): readonly AccountId[] {
    return [...this.#helpers.values()]
      .filter(({ inFlightBytes }) => inFlightBytes > 0)
      .map(({ account }) => account)
  }

  /** Distinct shards that nobody can give for the earliest segment wanted, when nothing is under way; 0 otherwise. */
  missingShards(): number {
    const [first] = this.#wants
    if (first === undefined || this.#isPaused || this.active().length > 0) return 0
    const offered = new Set<number>()
    for (const { helper, source } of this.#usable()) {
      for (const shard of source.shards) {
        if (!first.have.has(shard) && !helper.lacking.has(shard)) offered.add(shard)
      }
    }
    return Math.max(0, first.need - first.got.size - offered.size)
  }

  /** Whether a holder that rests now will be tried again by itself. */
  hasResting(): boolean {
    const now = this.#components.clock.now()
    const sources = this.#components.sources()
    return [...this.#helpers.values()].some(({ account, pausedUntil }) => {
      return pausedUntil > now && sources.has(account) && !this.#components.isBlamed(account)
    })
  }

  /** Ends every stream; what is still wanted fails with `error`. */
  stop(error: Error = new AbortError('the download ended')): void {
    this.#failure ??= error
    for (const helper of this.#helpers.values()) helper.drop()
    for (const want of this.#wants) want.reject(this.#failure)
    this.#wants = []
  }

  /** Gives out work to whoever has room for it. Call when holders or the clock changed. */
  pump(): void {
    if (this.#failure !== undefined) return
    for (const helper of this.#helpers.values()) helper.observe()
    if (!this.#isPaused && this.#wants.length > 0) {
      this.#widen()
      this.#giveOut()
    }
    this.#components.onTurn()
  }

  #widen(): void {
    const [only, ...others] = [...this.#helpers.values()].filter(({ inFlightBytes }) => inFlightBytes > 0)
    if (only?.bytesPerSecond === undefined || others.length > 0) return
    const leftMs = ((this.#components.leftBytes?.() ?? 0) * 1000) / Math.max(1, only.bytesPerSecond)
    if (leftMs >= longFetchMs) only.widen()
  }

  #giveOut(): void {
    this.#wants.sort((a, b) => a.rank() - b.rank())
    let able = this.#usable().filter(({ helper }) => !helper.isSilent())
    while (able.length > 0) {
      // One piece each in turn, who owes least first, so that a small file is spread over all its holders.
      able.sort(({ helper: a }, { helper: b }) => a.etaMs(0) - b.etaMs(0) || a.asked - b.asked)
      able = able.filter(({ helper, source }) => {
        const work = this.#next(helper, source)
        if (work === undefined) return false
        this.#ask(helper, work.want, work.shard)
        return true
      })
    }
  }

  #usable(): readonly Able[] {
    const now = this.#components.clock.now()
    const usable: Able[] = []
    for (const [account, source] of this.#components.sources()) {
      if (this.#components.isBlamed(account)) continue
      let helper = this.#helpers.get(account)
      if (helper === undefined) {
        helper = new Helper(this.#components, account, source.peer)
        this.#helpers.set(account, helper)
      }
      helper.setPeer(source.peer)
      if (helper.pausedUntil <= now) usable.push({ helper, source })
    }
    return usable
  }

  #next(helper: Helper, source: Source): { want: Want; shard: number } | undefined {
    for (const want of this.#wants) {
      const sizeBytes = this.#pieceBytes(want.segment)
      if (!helper.takesMore(sizeBytes)) return undefined
      const asked = [...want.asked]
      const late = asked.filter((owed) => this.#isLate(owed, helper, sizeBytes))
      if (want.need - want.got.size - (asked.length - late.length) <= 0) continue
      const shard = pickShard(want, source, helper, late)
      if (shard !== undefined) return { want, shard }
    }
    return undefined
  }

  /** Whether a piece that another owes had better be asked of this one as well (FI-32). */
  #isLate(owed: Owed, helper: Helper, sizeBytes: number): boolean {
    if (owed.helper === helper || this.#components.clock.now() - owed.askedAt < lateAfterMs) return false
    return owed.helper.etaOfOwed(owed) >= 2 * helper.etaMs(sizeBytes)
  }

  #ask(helper: Helper, want: Want, shard: number): void {
    const { segment } = want
    const { owed, answer, stream } = helper.ask(segment, shard, this.#pieceBytes(segment))
    want.asked.add(owed)
    answer
      .then(async ({ bytes, path }) => {
        await verifyPiece(this.#components.manifest, segment, shard, bytes, path)
        helper.strikes = 0
        const stored = this.#components.onPiece?.({ segment, shard, bytes, path })
        this.#keep(want, shard, bytes)
        await stored
      })
      .catch((error: unknown) => this.#failed(helper, stream, shard, error))
      .finally(() => {
        want.asked.delete(owed)
        helper.settle(owed)
        this.pump()
      })
      .catch((error: unknown) => this.stop(error instanceof Error ? error : new Error(errorName(error))))
  }

  #keep(want: Want, shard: number, bytes: Bytes): void {
    if (want.got.size >= want.need) return
    want.got.set(shard, bytes)
    if (want.got.size < want.need) return
    this.#remove(want)
    want.resolve(want.got)
  }

  #failed(helper: Helper, stream: Promise<PieceStream>, shard: number, error: unknown): void {
    const name = errorName(error)
    if (name === 'PieceMissingError') {
      helper.lacking.add(shard)
      return
    }
    // Everything asked on one stream fails with it: count that once.
    if (!helper.isOn(stream) || this.#failure !== undefined) return
    const isHostileOne = isHostile(error)
    if (!isHostileOne && helper.narrow(stream)) return
    helper.drop()
    if (isHostileOne) {
      this.#components.onBlame(helper.account, name)
      return
    }
    helper.strikes++
    helper.pausedUntil = this.#components.clock.now() + holderPauseMs * helper.strikes
  }

  #remove(want: Want): void {
    this.#wants = this.#wants.filter((other) => other !== want)
  }

  #pieceBytes(segment: number): number {
    const { manifest } = this.#components
    return pieceBytes(manifest.segments[segment]?.sealedBytes ?? 0, manifest.code.k)
  }
}

/** Lowest shard, so data before parity, that is new to the segment; one that is late elsewhere may be asked for twice. */
function pickShard(want: Want, source: Source, helper: Helper, late: readonly Owed[]): number | undefined {
  const asked = new Set([...want.asked].map(({ shard }) => shard))
  const fresh = [...source.shards]
    .sort((a, b) => a - b)
    .filter((shard) => !want.have.has(shard) && !want.got.has(shard) && !helper.lacking.has(shard))
  const owes = new Set([...want.asked].filter((owed) => owed.helper === helper).map(({ shard }) => shard))
  return (
    fresh.find((shard) => !asked.has(shard)) ??
    fresh.find((shard) => !owes.has(shard) && late.some((owed) => owed.shard === shard))
  )
}
