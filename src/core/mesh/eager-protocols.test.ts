import { multiaddrConnectionPair } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import type { Stream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { withEagerProtocols } from './eager-protocols.ts'

const ours = '/ours/1'
const asked = '\x13/multistream/1.0.0\n\x08/ours/1\n'

/** Both ends of a stream that was opened for a protocol, and what each end was given, as text. */
async function opened(protocol: string) {
  const factory = withEagerProtocols(yamux(), new Set([ours]))()
  const muxers = multiaddrConnectionPair().map((connection) => factory.createStreamMuxer(connection))
  const [near, far] = muxers
  if (near === undefined || far === undefined) throw new Error('two sessions were made')
  const arrived = new Promise<Stream>((resolve) =>
    far.addEventListener('stream', ({ detail }) => resolve(detail)),
  )
  const stream = await near.createStream({ protocol })
  const other = await arrived
  return { stream, other, heard: heardBy(stream), heardThere: heardBy(other) }
}

/** Collects what a stream is given; `until` resolves once it is this text. */
function heardBy(stream: Stream) {
  let text = ''
  let look: () => void = () => undefined
  stream.addEventListener('message', ({ data }) => {
    text += fromUtf8(data.subarray())
    look()
  })
  return {
    until: (wanted: string) =>
      new Promise<void>((resolve) => {
        look = () => text === wanted && resolve()
        look()
      }),
  }
}

describe('a protocol that is taken as granted', () => {
  it('ME-14 is asked for, and spoken without waiting for the answer', async () => {
    const { stream, heardThere } = await opened(ours)
    expect(stream.protocol).toBe(ours)
    stream.send(utf8('hello'))
    await heardThere.until(`${asked}hello`)
  })

  it('ME-14 gives what follows the answer, however it is cut', async () => {
    const { other, heard } = await opened(ours)
    const answer = `${asked}and more`
    for (const cut of [answer.slice(0, 7), answer.slice(7, 25), answer.slice(25)]) other.send(utf8(cut))
    await heard.until('and more')
  })

  it('ME-14 ends with a named error when it is not answered', async () => {
    const { stream, other } = await opened(ours)
    const end = new Promise<Error | undefined>((resolve) =>
      stream.addEventListener('close', ({ error }) => resolve(error)),
    )
    other.send(utf8('\x13/multistream/1.0.0\n\x03na\n'))
    expect(await end).toMatchObject({ name: 'UnsupportedProtocolError' })
  })

  it('ME-14 leaves other protocols to be asked for', async () => {
    const { stream, other, heard } = await opened('/another/1')
    expect(stream.protocol).toBe('')
    other.send(utf8('raw'))
    await heard.until('raw')
  })
})
