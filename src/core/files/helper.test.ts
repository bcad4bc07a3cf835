import { describe, expect, it } from 'vitest'
import { ManualClock, settle } from '../base/testing/manual-clock.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import { toBase64Url } from '../base/bytes.ts'
import { streamPair, type PairStream } from '../mesh/testing/stream-pair.ts'
import { firstCreditBytes, maxInFlightBytes } from './constants.ts'
import { Helper } from './helper.ts'
import { decodeRequest } from './messages.ts'
import { sendAnswer } from './protocol.ts'

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

  async give(): Promise<void> {
    const owed = this.#owed.shift()
    if (owed === undefined) return
    const { segment, shard } = owed
    const path = new Uint8Array()
    await sendAnswer(this.#stream, { type: 'piece', segment, shard, sizeBytes: pieceBytes, path })
    await this.#stream.send(new Uint8Array(pieceBytes))
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
