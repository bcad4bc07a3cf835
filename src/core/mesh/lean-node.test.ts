import { yamux } from '@libp2p/yamux'
import { multiaddrConnectionPair } from '@libp2p/utils'
import type { Stream, StreamMuxerFactory } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { withFewWindowUpdates } from './lean-node.ts'

/** A stream between two sessions, and how many frames the receiving side has sent. */
async function session(make: () => StreamMuxerFactory) {
  const factory = make()
  const [here, there] = multiaddrConnectionPair()
  let answers = 0
  const send = there.send.bind(there)
  there.send = (data) => {
    answers += 1
    return send(data)
  }
  const muxers = [here, there].map((connection) => factory.createStreamMuxer(connection))
  const [near, far] = muxers
  if (near === undefined || far === undefined) throw new Error('two sessions were made')
  const arrived = new Promise<Stream>((resolve) =>
    far.addEventListener('stream', ({ detail }) => resolve(detail), { once: true }),
  )
  const stream = await near.createStream()
  return { stream, arrived, answers: () => answers }
}

/** Sends pieces, each when the one before has come; resolves with the bytes that came. */
async function transfer(
  { stream, arrived }: Awaited<ReturnType<typeof session>>,
  pieces: number,
  size: number,
): Promise<number> {
  let received = 0
  let wanted = size
  let tell: () => void = () => undefined
  void arrived.then((other) =>
    other.addEventListener('message', ({ data }) => {
      received += data.byteLength
      if (received === wanted) tell()
    }),
  )
  for (let i = 0; i < pieces; i++) {
    const came = new Promise<void>((resolve) => (tell = resolve))
    wanted = (i + 1) * size
    if (!stream.send(new Uint8Array(size).fill(i))) await stream.onDrain()
    await came
  }
  return received
}

describe('a session with few window updates', () => {
  it('leaves small messages unanswered, where the library answers each', async () => {
    const [plain, spared] = [await session(yamux()), await session(withFewWindowUpdates(yamux()))]
    await transfer(plain, 40, 512)
    await transfer(spared, 40, 512)
    expect(plain.answers()).toBeGreaterThanOrEqual(40)
    expect(spared.answers()).toBeLessThan(5) // the stream taken up, and pings
  })

  it('still makes room for more than a window', async () => {
    const spared = await session(withFewWindowUpdates(yamux()))
    expect(await transfer(spared, 64, 32 * 1024)).toBe(2 * 1024 * 1024)
  })
})
