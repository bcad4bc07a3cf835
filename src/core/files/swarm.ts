import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { AbortError, errorName } from '../base/errors.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import { pieceBytes, verifyPiece, type Manifest } from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import { hedgeAfterMs, holderPauseMs, maxInFlightBytes } from './constants.ts'
import { isHostile } from './hostile.ts'
import { PieceStream } from './piece-stream.ts'

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
  /** Called whenever it may have become stuck or unstuck. */
  readonly onTurn: () => void
}

/** A segment's pieces that are still to come. */
interface Want {
  readonly segment: number
  readonly need: number
  /** Shards the caller has already. */
  readonly have: ReadonlySet<number>
  readonly got: Map<number, Bytes>
  readonly asked: Set<Asked>
  resolve(pieces: ReadonlyMap<number, Bytes>): void
  reject(error: Error): void
}

interface Asked {
  readonly shard: number
  readonly account: AccountId
  readonly at: number
}

/** What this download knows of one account. */
interface Helper {
  peer: PeerId
  stream: Promise<PieceStream> | undefined
  inFlightBytes: number
  /** Pieces asked for so far. */
  asked: number
  strikes: number
  pausedUntil: number
  /** Columns it turned out not to have. */
  readonly lacking: Set<number>
}

/**
 * Gets pieces of a file from several holders at once (FI-19): earliest segment first, data shards first, each holder taking
 * the next piece that it can give. Every piece is checked on arrival; who gives wrong ones is blamed, who is silent or gone
 * rests a while, and their pieces go to others.
 */
export class Swarm {
  readonly #components: SwarmComponents
  readonly #wants = new Map<number, Want>()
  readonly #helpers = new Map<AccountId, Helper>()
  #failure: Error | undefined

  constructor(components: SwarmComponents) {
    this.#components = components
  }

  /** `need` checked pieces of a segment besides those in `have`, by shard index. */
  gather(segment: number, need: number, have: ReadonlySet<number>): Promise<ReadonlyMap<number, Bytes>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const gathered = new Promise<ReadonlyMap<number, Bytes>>((resolve, reject) => {
      this.#wants.set(segment, { segment, need, have, got: new Map(), asked: new Set(), resolve, reject })
    })
    this.pump()
    return gathered
  }

  /** Accounts with pieces under way. */
  active(): readonly AccountId[] {
    return [...this.#helpers].filter(([, helper]) => helper.inFlightBytes > 0).map(([account]) => account)
  }

  /** Distinct shards that nobody can give for the earliest segment wanted, when nothing is under way; 0 otherwise. */
  missingShards(): number {
    const [first] = this.#wants.values()
    if (first === undefined || this.active().length > 0) return 0
    const offered = new Set<number>()
    for (const [account, source] of this.#usable()) {
      const { lacking } = this.#helper(account, source)
      for (const shard of source.shards) if (!first.have.has(shard) && !lacking.has(shard)) offered.add(shard)
    }
    return Math.max(0, first.need - first.got.size - offered.size)
  }

  /** Whether a holder that rests now will be tried again by itself. */
  hasResting(): boolean {
    const now = this.#components.clock.now()
    const sources = this.#components.sources()
    return [...this.#helpers].some(([account, helper]) => {
      return helper.pausedUntil > now && sources.has(account) && !this.#components.isBlamed(account)
    })
  }

  /** Ends every stream; what is still wanted fails with `error`. */
  stop(error: Error = new AbortError('the download ended')): void {
    this.#failure ??= error
    for (const helper of this.#helpers.values()) this.#drop(helper)
    for (const want of this.#wants.values()) want.reject(this.#failure)
    this.#wants.clear()
  }

  /** Gives out work to whoever has room for it. Call when holders or the clock changed. */
  pump(): void {
    if (this.#failure !== undefined) return
    for (let again = true; again;) {
      again = false
      // One piece each in turn, who owes least first, so that a small file is spread over all its holders.
      const helpers = this.#usable().map(([account, source]) => {
        return { account, source, helper: this.#helper(account, source) }
      })
      helpers.sort(
        (a, b) => a.helper.inFlightBytes - b.helper.inFlightBytes || a.helper.asked - b.helper.asked,
      )
      for (const { account, source, helper } of helpers) {
        const work = this.#next(account, source, helper)
        if (work === undefined) continue
        this.#ask(account, helper, work.want, work.shard)
        again = true
      }
    }
    this.#components.onTurn()
  }

  #usable(): readonly (readonly [AccountId, Source])[] {
    const now = this.#components.clock.now()
    return [...this.#components.sources()].filter(([account]) => {
      const pausedUntil = this.#helpers.get(account)?.pausedUntil ?? -Infinity
      return pausedUntil <= now && !this.#components.isBlamed(account)
    })
  }

  #helper(account: AccountId, source: Source): Helper {
    let helper = this.#helpers.get(account)
    if (helper === undefined) {
      helper = {
        ...{ peer: source.peer, stream: undefined, inFlightBytes: 0, asked: 0 },
        ...{ strikes: 0, pausedUntil: -Infinity, lacking: new Set() },
      }
      this.#helpers.set(account, helper)
    }
    // Another tab of the account may be closer now; change over between streams only.
    if (helper.stream === undefined) helper.peer = source.peer
    return helper
  }

  #next(account: AccountId, source: Source, helper: Helper): { want: Want; shard: number } | undefined {
    const hedgeBefore = this.#components.clock.now() - hedgeAfterMs
    for (const want of this.#wants.values()) {
      const sizeBytes = this.#pieceBytes(want.segment)
      if (helper.inFlightBytes > 0 && helper.inFlightBytes + sizeBytes > maxInFlightBytes) return undefined
      const asked = [...want.asked]
      const open = want.need - want.got.size - asked.length
      const isMine = asked.some((other) => other.account === account)
      const isLate = open === 0 && !isMine && asked.some((other) => other.at <= hedgeBefore)
      if (open <= 0 && !isLate) continue
      const shard = pickShard(want, source, helper.lacking, isLate)
      if (shard !== undefined) return { want, shard }
    }
    return undefined
  }

  #ask(account: AccountId, helper: Helper, want: Want, shard: number): void {
    const { clock } = this.#components
    const asked: Asked = { shard, account, at: clock.now() }
    const sizeBytes = this.#pieceBytes(want.segment)
    want.asked.add(asked)
    helper.inFlightBytes += sizeBytes
    helper.asked++
    helper.stream ??= this.#open(helper)
    const stream = helper.stream
    this.#receive(stream, want.segment, shard, sizeBytes)
      .then((bytes) => {
        helper.strikes = 0
        this.#keep(want, shard, bytes)
      })
      .catch((error: unknown) => this.#failed(account, helper, stream, shard, error))
      .finally(() => {
        want.asked.delete(asked)
        helper.inFlightBytes -= sizeBytes
        this.pump()
      })
      .catch((error: unknown) => this.stop(error instanceof Error ? error : new Error(errorName(error))))
  }

  async #open(helper: Helper): Promise<PieceStream> {
    return await PieceStream.open(this.#components, helper.peer, this.#components.file)
  }

  async #receive(
    opening: Promise<PieceStream>,
    segment: number,
    shard: number,
    sizeBytes: number,
  ): Promise<Bytes> {
    const stream = await opening
    const { bytes, path } = await stream.request(segment, shard, sizeBytes)
    await verifyPiece(this.#components.manifest, segment, shard, bytes, path)
    return bytes
  }

  #keep(want: Want, shard: number, bytes: Bytes): void {
    if (want.got.size >= want.need) return
    want.got.set(shard, bytes)
    if (want.got.size < want.need) return
    this.#wants.delete(want.segment)
    want.resolve(want.got)
  }

  #failed(
    account: AccountId,
    helper: Helper,
    stream: Promise<PieceStream>,
    shard: number,
    error: unknown,
  ): void {
    const name = errorName(error)
    if (name === 'PieceMissingError') {
      helper.lacking.add(shard)
      return
    }
    // Everything asked on one stream fails with it: count that once.
    if (helper.stream !== stream || this.#failure !== undefined) return
    this.#drop(helper)
    if (isHostile(error)) {
      this.#components.onBlame(account, name)
      return
    }
    helper.strikes++
    helper.pausedUntil = this.#components.clock.now() + holderPauseMs * helper.strikes
  }

  #drop(helper: Helper): void {
    const { stream } = helper
    helper.stream = undefined
    stream?.then(
      (open) => open.close(),
      () => {},
    )
  }

  #pieceBytes(segment: number): number {
    const { manifest } = this.#components
    return pieceBytes(manifest.segments[segment]?.sealedBytes ?? 0, manifest.code.k)
  }
}

/** Lowest shard, so data before parity, that is new to the segment; a late one may be asked of a second holder. */
function pickShard(
  want: Want,
  source: Source,
  lacking: ReadonlySet<number>,
  isLate: boolean,
): number | undefined {
  const asked = new Set([...want.asked].map(({ shard }) => shard))
  const fresh = [...source.shards]
    .sort((a, b) => a - b)
    .filter((shard) => !want.have.has(shard) && !want.got.has(shard) && !lacking.has(shard))
  return fresh.find((shard) => !asked.has(shard)) ?? (isLate ? fresh[0] : undefined)
}
