import { UnsupportedProtocolError, type Stream, type StreamMuxerFactory } from '@libp2p/interface'
import { concat, equalBytes, utf8 } from '../base/bytes.ts'

/** As much of a stream of @libp2p/utils 7 as is looked at; private to its packages, so looked for before use. */
interface ReadingStream {
  onData?: (data: Received) => void
}

/** Bytes as a muxer hands them on: plain ones, or a list of parts. */
type Received = Uint8Array | { subarray(): Uint8Array }

/** multistream-select 1.0: its own name and the protocol's, each on a line with its length before it. */
const selects = '/multistream/1.0.0'

/**
 * Makes a muxer's streams of these protocols usable at once: the protocol is asked for and taken as granted, and what is said on the stream follows without waiting
 * for the answer, a round trip less for each (multistream-select 1.0 calls it optimistic). Whoever does not speak it ends the stream with
 * `UnsupportedProtocolError` when the answer comes. For protocols in which the side that opens speaks first.
 */
export function withEagerProtocols(
  make: () => StreamMuxerFactory,
  protocols: ReadonlySet<string>,
): () => StreamMuxerFactory {
  return () => {
    const factory = make()
    const createMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = createMuxer(connection)
      const createStream = muxer.createStream.bind(muxer)
      muxer.createStream = async (options) => {
        const stream = await createStream(options)
        const protocol = options?.protocol
        if (protocol !== undefined && stream.protocol === '' && protocols.has(protocol))
          takeAsGranted(stream, protocol)
        return stream
      }
      return muxer
    }
    return factory
  }
}

function takeAsGranted(stream: Stream, protocol: string): void {
  const own = stream as ReadingStream
  const pass = own.onData?.bind(stream)
  if (pass === undefined) return // asked for in the usual way
  const question = concat(line(selects), line(protocol))
  let answer: Uint8Array = new Uint8Array(0)
  own.onData = (data) => {
    answer = concat(answer, data.subarray())
    const said = answer.subarray(0, question.byteLength)
    if (!equalBytes(said, question.subarray(0, said.byteLength))) {
      own.onData = pass
      stream.abort(new UnsupportedProtocolError(`${protocol} is not answered`))
    } else if (said.byteLength === question.byteLength) {
      own.onData = pass
      pass(answer.subarray(said.byteLength))
    }
  }
  stream.protocol = protocol
  stream.send(question)
}

/** Names are shorter than 127 bytes: their length is one byte of a varint. */
function line(text: string): Uint8Array {
  const bytes = utf8(`${text}\n`)
  return concat(Uint8Array.of(bytes.byteLength), bytes)
}
