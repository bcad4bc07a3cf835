import { describe, expect, it } from 'vitest'
import { ManualClock, settle } from '../base/testing/manual-clock.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import { toBase64Url } from '../base/bytes.ts'
import { NoLinkError } from '../mesh/index.ts'
import { streamPair, type PairStream } from '../mesh/testing/stream-pair.ts'
import { firstCreditBytes, maxInFlightBytes } from './constants.ts'
import { Helper } from './helper.ts'
import { decodeRequest } from './messages.ts'
import type { PieceStream } from './piece-stream.ts'
import { sendAnswer } from './protocol.ts'
import type { Room } from '../room/index.ts'

const pieceBytes = 262_144
const end = { peer: 'other' as PeerId, maxFrameBytes: 300_000 }
const file = toBase64Url(new Uint8Array(32)) as FileId

/** The holder's end: its first answer takes a round trip, then it gives a piece whenever it is told to. */
class Holder {
  readonly #stream: PairStream
  #owed: { readonly segment: number; readonly shard: number }[] = []

  constructor(stream: PairStream) {
    this.#stream = stream
  }

  async listen(clock: ManualClock, roundTripMs: number): Promise<void> {
    for (;;) {
      const frame = await this.#stream.receive()
      if (frame === undefined) return
      const request = decodeRequest(frame)
      if (request.type === 'want') this.#owed.push(request)
      else clock.after(roundTripMs, () => void sendAnswer(this.#stream, { type: 'ready' }))
    }
  }

  /** Whether it owed a piece, and so gave it. */
  async give(): Promise<boolean> {
    const owed = this.#owed.shift()
    if (owed === undefined) return false
    const { segment, shard } = owed
    const path = new Uint8Array()
    await sendAnswer(this.#stream, { type: 'piece', segment, shard, sizeBytes: pieceBytes, path })
    await this.#stream.send(new Uint8Array(pieceBytes))
    return true
  }
}

/** The most that a holder is asked for ahead, that gives a piece every `everyMs`. */
async function mostAskedFor(roundTripMs: number, everyMs: number): Promise<number> {
  const clock = new ManualClock()
  const [asking, answering] = streamPair(end, end)
  const room = { openStream: () => Promise.resolve(asking) }
  const helper = new Helper({ room, clock, file }, 'account' as AccountId, 'other' as PeerId)
  const holder = new Holder(answering)
  const listening = holder.listen(clock, roundTripMs)
  let most = 0
  for (let step = 0, segment = 0; step < 50; step++) {
    while (helper.takesMore(pieceBytes)) {
      const { owed, answer } = helper.ask(segment++, 0, pieceBytes)
      answer.then(
        () => helper.settle(owed),
        () => undefined, // what is owed at the end
      )
    }
    most = Math.max(most, helper.inFlightBytes)
    await settle(2)
    await clock.advance(everyMs)
    await holder.give()
    await settle(2)
  }
  helper.drop()
  await expect(listening).rejects.toMatchObject({ name: 'StreamClosedError' })
  return most
}

/** A holder that gives a piece over every stream each 12 ms, and what it is asked over, for so many pieces' time. */
class Quick {
  readonly clock = new ManualClock()
  readonly helper: Helper
  /** Streams in the order they were opened: our end and the holder's. */
  readonly streams: { readonly asking: PairStream; readonly holder: Holder; given: number }[] = []
  /** Lines of their own that were asked for. */
  lines = 0
  readonly failed: Promise<PieceStream>[] = []
  #segment = 0

  constructor(hasLines = true) {
    const room: Pick<Room, 'openStream'> = {
      openStream: (_peer, _protocol, { ownLine = false }) => {
        if (ownLine) this.lines++
        if (ownLine && !hasLines) return Promise.reject(new NoLinkError('no line'))
        const [asking, answering] = streamPair(end, end)
        const holder = new Holder(answering)
        holder.listen(this.clock, 1).catch(() => undefined) // the stream is over
        this.streams.push({ asking, holder, given: 0 })
        return Promise.resolve(asking)
      },
    }
    this.helper = new Helper({ room, clock: this.clock, file }, 'account' as AccountId, 'other' as PeerId)
  }

  async give(steps: number, everyMs = 12): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.helper.observe()
      this.helper.widen()
      while (this.helper.takesMore(pieceBytes)) this.#ask()
      await settle(2)
      await this.clock.advance(everyMs)
      for (const stream of this.streams) if (await stream.holder.give().catch(() => false)) stream.given++
      await settle(2)
    }
  }

  #ask(): void {
    const { owed, answer, stream } = this.helper.ask(this.#segment++, 0, pieceBytes)
    answer
      .catch(() => this.failed.push(stream))
      .finally(() => this.helper.settle(owed))
      .catch(() => undefined)
  }
}

describe('what a holder is asked over', () => {
  it('FI-87: is three lines once it was quick for a second', async () => {
    const quick = new Quick()
    await quick.give(80)
    expect(quick.lines).toBe(0)
    await quick.give(60)
    expect(quick.lines).toBe(2)
    const before = quick.streams.map(({ given }) => given)
    await quick.give(30)
    expect(quick.streams.map(({ given }, n) => given - (before[n] ?? 0)).every((given) => given > 20)).toBe(
      true,
    )
    quick.helper.drop()
    await settle(2)
    expect(quick.streams.map(({ asking }) => asking.signal.aborted)).toEqual([true, true, true])
  })
  it('FI-87: is its link alone when it is slow', async () => {
    const quick = new Quick()
    await quick.give(50, 100)
    expect(quick.lines).toBe(0)
  })
  it('FI-87: is its link alone where no other line comes about', async () => {
    const quick = new Quick(false)
    await quick.give(200)
    expect(quick.lines).toBe(1)
    expect(quick.streams[0]?.given).toBeGreaterThan(190)
  })
  it('FI-87: is what is left when a line breaks, and nothing that came is counted twice', async () => {
    const quick = new Quick()
    await quick.give(150)
    quick.streams[1]?.asking.abort(new Error('broken'))
    await quick.give(2)
    const [broken] = new Set(quick.failed)
    if (broken === undefined) throw new Error('what it owed should have failed')
    quick.helper.narrow(broken)
    expect(quick.helper.isOn(broken)).toBe(false)
    await quick.give(60)
    expect([quick.lines, new Set(quick.failed).size]).toEqual([2, 1])
    quick.helper.observe()
    const given = quick.streams.reduce((sum, one) => sum + one.given, 0)
    expect(Math.abs(quick.helper.receivedBytes / pieceBytes - given)).toBeLessThan(1)
  })
})

describe('what a holder is asked for', () => {
  it('FI-32: is 1 MiB of one that is slow, however far it is', async () => {
    expect(await mostAskedFor(5, 500)).toBe(firstCreditBytes)
    expect(await mostAskedFor(200, 500)).toBe(firstCreditBytes)
  })
  it('FI-32: is what a quick one gives in four round trips, 100 ms at least', async () => {
    const [perMs, slackBytes] = [pieceBytes / 12, 2 * pieceBytes]
    const near = await mostAskedFor(1, 12)
    expect(Math.abs(near - 100 * perMs)).toBeLessThan(slackBytes)
    const far = await mostAskedFor(50, 12)
    expect(Math.abs(far - 200 * perMs)).toBeLessThan(slackBytes)
  })
  it('FI-6: is never more than 6 MiB', async () => {
    expect(await mostAskedFor(100, 10)).toBe(maxInFlightBytes)
  })
})
