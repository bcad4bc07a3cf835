import type { Clock } from '../base/clock.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import type { Room } from '../room/index.ts'
import {
  creditRefillShare,
  creditRoundTrips,
  creditSpanMs,
  firstCreditBytes,
  maxInFlightBytes,
  measuredAfterMs,
  quickHolderBytesPerSecond,
  rateSampleMs,
  silentAfterMs,
} from './constants.ts'
import { HolderLines } from './holder-lines.ts'
import type { PieceStream, ReceivedPiece } from './piece-stream.ts'

/** What a holder that was not measured yet is taken to give. */
const guessedBytesPerSecond = 1_048_576

/** A piece that a holder was asked for and has not given. */
export interface Owed {
  readonly helper: Helper
  readonly shard: number
  readonly sizeBytes: number
  readonly askedAt: number
}

/** One account as a download knows it: its streams, what it owes, and how fast it is. */
export class Helper {
  readonly account: AccountId
  readonly #clock: Clock
  readonly #lines: HolderLines
  #peer: PeerId
  /** Pieces asked for so far. */
  asked = 0
  strikes = 0
  pausedUntil = -Infinity
  /** Columns it turned out not to have. */
  readonly lacking = new Set<number>()
  /** In the order asked, which over one stream is the order of the answers. */
  #owed: Owed[] = []
  #inFlightBytes = 0
  #isFilling = true
  #bytesPerSecond: number | undefined
  #measuredMs = 0
  #sample = { at: 0, bytes: 0 }
  #receivedBytes = 0
  #movedAt: number

  constructor(
    components: { readonly room: Pick<Room, 'openStream'>; readonly clock: Clock; readonly file: FileId },
    account: AccountId,
    peer: PeerId,
  ) {
    this.#clock = components.clock
    this.#lines = new HolderLines(components)
    this.account = account
    this.#peer = peer
    this.#movedAt = components.clock.now()
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes
  }

  /** Bytes that came from it, of pieces under way too. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Mean of late while it owed something; undefined until it was measured. */
  get bytesPerSecond(): number | undefined {
    return this.#bytesPerSecond
  }

  /** Another tab of the account may be closer now; it is changed over to between streams only. */
  setPeer(peer: PeerId): void {
    // Ended while nothing was asked on it: that is no failure.
    if (this.#lines.isOver && this.#owed.length === 0) this.drop()
    if (!this.#lines.isThere) this.#peer = peer
  }

  /** Takes note of what came since the last time; call before asking how it does. */
  observe(): void {
    const now = this.#clock.now()
    const { receivedBytes } = this.#lines
    if (receivedBytes !== this.#receivedBytes) this.#movedAt = now
    this.#receivedBytes = receivedBytes
    const elapsedMs = now - this.#sample.at
    if (this.#owed.length === 0 || elapsedMs < rateSampleMs) return
    const rate = ((this.#receivedBytes - this.#sample.bytes) * 1000) / elapsedMs
    this.#bytesPerSecond = this.#bytesPerSecond === undefined ? rate : (this.#bytesPerSecond + rate) / 2
    this.#measuredMs += elapsedMs
    this.#sample = { at: now, bytes: this.#receivedBytes }
  }

  /** Whether it owes something and no byte has come for a while (FI-32). */
  isSilent(): boolean {
    return this.#owed.length > 0 && this.#clock.now() - this.#movedAt >= silentAfterMs
  }

  /** How long it would take to give one more piece of this length, in ms; a guess while it was not measured. */
  etaMs(sizeBytes: number): number {
    if (this.isSilent()) return Infinity
    const rate = this.#bytesPerSecond ?? guessedBytesPerSecond
    return ((this.#inFlightBytes + sizeBytes) * 1000) / Math.max(1, rate)
  }

  /** How long it will take to give what it owes up to this piece, in ms. */
  etaOfOwed(owed: Owed): number {
    if (this.isSilent()) return Infinity
    if (this.#bytesPerSecond === undefined) return 0
    let bytes = 0
    for (const other of this.#owed) {
      bytes += other.sizeBytes
      if (other === owed) break
    }
    return (bytes * 1000) / Math.max(1, this.#bytesPerSecond)
  }

  /**
   * Whether it may be asked for a piece of this length now (FI-6): what it gives in {@link creditRoundTrips}, one piece at least.
   * Once full it is filled again at {@link creditRefillShare}, so that wants travel and are read together.
   */
  takesMore(sizeBytes: number): boolean {
    if (this.#owed.length === 0) {
      this.#isFilling = true
      return true
    }
    const credit = this.#creditBytes()
    if (this.#inFlightBytes <= credit * creditRefillShare) this.#isFilling = true
    if (this.#inFlightBytes + sizeBytes > credit) this.#isFilling = false
    return this.#isFilling
  }

  #creditBytes(): number {
    const { least, most } = creditSpanMs
    const spanMs = Math.min(most, Math.max(least, creditRoundTrips * this.#lines.roundTripMs))
    const bytes = ((this.#bytesPerSecond ?? 0) * spanMs) / 1000
    return Math.min(maxInFlightBytes, Math.max(firstCreditBytes, bytes))
  }

  /** Asks for a piece. The answer is right in length and not yet checked; errors are `PieceStream`'s. */
  ask(
    segment: number,
    shard: number,
    sizeBytes: number,
  ): { readonly owed: Owed; readonly answer: Promise<ReceivedPiece>; readonly stream: Promise<PieceStream> } {
    const now = this.#clock.now()
    if (this.#owed.length === 0) {
      this.#movedAt = now
      this.#sample = { at: now, bytes: this.#receivedBytes }
    }
    const owed: Owed = { helper: this, shard, sizeBytes, askedAt: now }
    this.#owed.push(owed)
    this.#inFlightBytes += sizeBytes
    this.asked++
    const stream = this.#lines.take(this.#peer)
    const answer = stream.then((open) => open.request(segment, shard, sizeBytes))
    return { owed, answer, stream }
  }

  /** A piece came, or never will. */
  settle(owed: Owed): void {
    this.observe()
    const at = this.#owed.indexOf(owed)
    if (at < 0) return
    this.#owed.splice(at, 1)
    this.#inFlightBytes -= owed.sizeBytes
  }

  isOn(stream: Promise<PieceStream>): boolean {
    return this.#lines.has(stream)
  }

  /** Asks it over one line more from now on, if it gives so much that its line may be what holds it up (FI-87). */
  widen(): void {
    const isQuick = (this.#bytesPerSecond ?? 0) >= quickHolderBytesPerSecond
    if (isQuick && this.#measuredMs >= measuredAfterMs) this.#lines.widen(this.#peer)
  }

  /** Ends one of its streams, what it owes on that fails; false for the one over its link, without which it is asked no more. */
  narrow(stream: Promise<PieceStream>): boolean {
    return this.#lines.narrow(stream)
  }

  /** Ends its streams; what it owes fails. */
  drop(): void {
    this.#lines.drop()
  }
}
