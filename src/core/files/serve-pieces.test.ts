import { describe, expect, it } from 'vitest'
import { ManualClock } from '../base/testing/manual-clock.ts'
import type { PeerId } from '../base/ids.ts'
import { streamPair } from '../mesh/testing/stream-pair.ts'
import type { PiecePosition } from '../storage/index.ts'
import { encodeRequest } from './messages.ts'
import { servePieces } from './serve-pieces.ts'

/** How many pieces each read asks for, of 40 wants that lie ready. */
async function readsOf(pieceBytes: number): Promise<readonly number[]> {
  const [asking, answering] = streamPair(
    { peer: 'b' as PeerId, maxFrameBytes: 65_536 },
    { peer: 'a' as PeerId, maxFrameBytes: 65_536 },
  )
  for (let segment = 0; segment < 40; segment++) {
    await asking.send(encodeRequest({ type: 'want', segment, shard: 0 }))
  }
  await asking.close()
  const counts: number[] = []
  const read = (positions: readonly PiecePosition[]): Promise<undefined[]> => {
    if (positions.length > 0) counts.push(positions.length)
    return Promise.resolve(positions.map(() => undefined))
  }
  await servePieces({ clock: new ManualClock(), pieceBytes, read }, answering)
  return counts
}

describe('answering wants', () => {
  it('FI-31: up to sixteen pieces that wait together are one read', async () => {
    const counts = await readsOf(262_144)
    expect(Math.max(...counts)).toBe(16)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40)
  })
  it('FI-31: a read takes no more than 4 MiB, and one piece at least', async () => {
    expect(Math.max(...(await readsOf(1_048_576)))).toBe(4)
    expect(Math.max(...(await readsOf(8_388_608)))).toBe(1)
  })
})
