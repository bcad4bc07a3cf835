import { pureJsCrypto } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { multiaddrConnectionPair } from '@libp2p/utils'
import type { ConnectionEncrypter, Stream, StreamMuxerFactory } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { x25519 } from '../base/curves.ts'
import { handshakeCrypto, withBreath, withFewWindowUpdates, withWholeMessages } from './lean-node.ts'

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

describe('handshake key pairs', () => {
  it("are the library's own, made another way", () => {
    const [ours, theirs] = [handshakeCrypto.generateX25519KeyPair(), pureJsCrypto.generateX25519KeyPair()]
    expect(x25519.getPublicKey(Uint8Array.from(ours.privateKey))).toEqual(ours.publicKey)
    expect(handshakeCrypto.generateX25519SharedKey(ours.privateKey, theirs.publicKey)).toEqual(
      pureJsCrypto.generateX25519SharedKey(theirs.privateKey, ours.publicKey),
    )
  })
})

/** A WebSocket connection as @libp2p/websockets makes it, for as much as is looked at, and what its socket was given. */
class FakeConnection {
  readonly messages: number[][] = []
  websocket: { bufferedAmount: number } | undefined = { bufferedAmount: 0 }
  isClosed = false
  canSendMore = true

  sendData(data: Iterable<Uint8Array> & { readonly byteLength: number }) {
    for (const part of data) this.messages.push([...part])
    return { sentBytes: data.byteLength, canSendMore: this.canSendMore }
  }
  sendClose(): Promise<void> {
    this.isClosed = true
    return Promise.resolve()
  }
}

/** The connection as an encrypter gets it. */
async function secured(connection: FakeConnection): Promise<FakeConnection> {
  let given: unknown
  const encrypter = {
    protocol: '/test',
    secureOutbound: (raw: unknown) => Promise.resolve((given = raw)),
    secureInbound: (raw: unknown) => Promise.resolve((given = raw)),
  } as unknown as ConnectionEncrypter
  const wrapped = withWholeMessages(() => encrypter)(undefined)
  await wrapped.secureOutbound(connection as never)
  return given as FakeConnection
}

const parts = (...all: number[][]) => {
  const list = all.map((bytes) => Uint8Array.from(bytes))
  return Object.assign(list, { byteLength: all.flat().length })
}

describe('a WebSocket that takes whole messages', () => {
  it('is given what one turn says in one message, in order', async () => {
    const connection = await secured(new FakeConnection())
    expect(connection.sendData(parts([0, 2], [7, 8]))).toEqual({ sentBytes: 4, canSendMore: true })
    connection.sendData(parts([0, 1], [9]))
    expect(connection.messages).toEqual([])
    await Promise.resolve()
    connection.sendData(parts([1]))
    await Promise.resolve()
    expect(connection.messages).toEqual([[0, 2, 7, 8, 0, 1, 9], [1]])
  })

  it('is given what waits before it closes', async () => {
    const connection = await secured(new FakeConnection())
    connection.sendData(parts([1, 2]))
    await connection.sendClose()
    expect(connection.messages).toEqual([[1, 2]])
    expect(connection.isClosed).toBe(true)
    await Promise.resolve()
    expect(connection.messages).toHaveLength(1)
  })

  it('gathers 64 KiB at most, and tells when it is full until it has drained', async () => {
    const websocket = { bufferedAmount: 1 }
    const connection = await secured(Object.assign(new FakeConnection(), { websocket }))
    connection.canSendMore = false
    const much = Object.assign([new Uint8Array(64 * 1024)], { byteLength: 64 * 1024 })
    expect(connection.sendData(much).canSendMore).toBe(false)
    expect(connection.messages).toHaveLength(1)
    expect(connection.sendData(parts([1])).canSendMore).toBe(false)
    websocket.bufferedAmount = 0
    expect(connection.sendData(parts([2])).canSendMore).toBe(true)
  })

  it('leaves connections of other kinds as they are', async () => {
    const connection = new FakeConnection()
    connection.websocket = undefined
    const given = await secured(connection)
    given.sendData(parts([1], [2]))
    expect(connection.messages).toEqual([[1], [2]])
  })
})

describe('a handshake with a breath after it', () => {
  const encrypter = {
    protocol: '/test',
    secureOutbound: () => Promise.resolve('ours'),
    secureInbound: () => Promise.resolve('theirs'),
  } as unknown as ConnectionEncrypter

  it('hands its connection on when the page has had a turn', async () => {
    let goOn: () => void = () => undefined
    const wrapped = withBreath(
      () => ({ ...encrypter }),
      () => new Promise((resolve) => (goOn = resolve)),
    )(undefined)
    for (const [secure, expected] of [
      [wrapped.secureOutbound, 'ours'],
      [wrapped.secureInbound, 'theirs'],
    ] as const) {
      let given: unknown
      const done = secure({} as never).then((secured) => (given = secured))
      await new Promise(setImmediate)
      expect(given).toBeUndefined()
      goOn()
      await done
      expect(given).toBe(expected)
    }
  })

  it('changes nothing where nobody has to breathe', () => {
    const make = () => encrypter
    expect(withBreath(make, undefined)).toBe(make)
  })
})
