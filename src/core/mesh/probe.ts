import type { Connection } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { errorName } from '../base/errors.ts'

/** libp2p's own ping: 32 bytes and their echo (libp2p specs, ping). */
const pingProtocol = '/ipfs/ping/1.0.0'
const pingBytes = 32

/**
 * Whether the other end of a connection still answers. After a change of network a connection stands for many seconds in which nothing
 * comes through: neither TCP nor a data channel tells.
 */
export async function isAnswering(
  connection: Pick<Connection, 'newStream'>,
  timeoutMs: number,
): Promise<boolean> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const stream = await connection.newStream(pingProtocol, { signal, runOnLimitedConnection: true })
    const bytes = byteStream(stream)
    await Promise.all([
      bytes.write(new Uint8Array(pingBytes), { signal }),
      bytes.read({ bytes: pingBytes, signal }),
    ])
    void stream.close().catch(() => undefined) // the answer is what was wanted
    return true
  } catch (error) {
    // Refused is an answer too: another end with no ping, or one that has too many open.
    return !signal.aborted && errorName(error) === 'UnsupportedProtocolError'
  }
}
