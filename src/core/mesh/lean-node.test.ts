import { yamux } from '@libp2p/yamux'
import { multiaddrConnectionPair } from '@libp2p/utils'
import type { Stream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { noLogs, withFewWindowUpdates } from './lean-node.ts'

type MakeMuxer = ReturnType<typeof yamux>

/** A stream between two sessions, and how many frames the receiving side has sent. */
async function session(make: MakeMuxer) {
  const [here, there] = multiaddrConnectionPair()
  let answers = 0
  const send = there.send.bind(there)
  there.send = (data) => {
    answers += 1
    return send(data)
  }
  const muxers = [here, there].map((connection) => make({ logger: noLogs }).createStreamMuxer(connection))
  const [near, far] = muxers
  if (near === undefined || far === undefined) throw new Error('two sessions were made')
  const arrived = new Promise<Stream>((resolve) =>
    far.addEventListener('stream', ({ detail }) => resolve(detail), { once: true }),
  )
  const stream = await near.createStream()
  return { stream, arrived, answers: () => answers }
}

/** Sends pieces one after the other; resolves when all have come, with what came. */
async function transfer(
  { stream, arrived }: Awaited<ReturnType<typeof session>>,
  pieces: number,
  size: number,
) {
  const whole = new Promise<number>((resolve) => {
    let received = 0
    void arrived.then((other) =>
      other.addEventListener('message', ({ data }) => {
        received += data.byteLength
        if (received === pieces * size) resolve(received)
      }),
    )
  })
  for (let i = 0; i < pieces; i++) {
    if (!stream.send(new Uint8Array(size).fill(i))) await stream.onDrain()
  }
  return whole
}

describe('a session with few window updates', () => {
  it('answers small messages once, where the library answers each', async () => {
    const [plain, spared] = [await session(yamux()), await session(withFewWindowUpdates(yamux()))]
    await transfer(plain, 40, 512)
    await transfer(spared, 40, 512)
    expect(plain.answers()).toBeGreaterThan(5)
    expect(spared.answers()).toBe(1) // taking the stream up
  })

  it('still makes room for more than a window', async () => {
    const spared = await session(withFewWindowUpdates(yamux()))
    expect(await transfer(spared, 64, 32 * 1024)).toBe(2 * 1024 * 1024)
  })
})
