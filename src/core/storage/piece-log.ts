import type { Bytes } from '../base/bytes.ts'
import type { PiecePosition, StoredPiece } from './index.ts'

/** The first bytes of an entry: "TPL1". */
const mark = 0x54504c31

/** Mark, segment, shard, length of the path and length of the piece, four bytes each, big-endian. */
const headBytes = 20

/** Where a log has a piece: its path at `at`, its bytes behind that. */
export interface PieceLogEntry extends PiecePosition {
  readonly at: number
  readonly pathLength: number
  readonly length: number
}

/** The name of a position among others of its file. */
export function positionOf({ segment, shard }: PiecePosition): string {
  return `${segment}/${shard}`
}

/**
 * What a log has before the bytes of a piece (SPEC ST-10): the head of the entry and the path.
 */
export function pieceLogHead({ segment, shard, bytes, path }: StoredPiece): Bytes {
  const head = new Uint8Array(headBytes + path.byteLength)
  const view = new DataView(head.buffer)
  const fields = [mark, segment, shard, path.byteLength, bytes.byteLength]
  fields.forEach((field, i) => view.setUint32(i * 4, field))
  head.set(path, headBytes)
  return head
}

/**
 * The entries of a log of `sizeBytes`, up to the first that is cut off or is none: a writer may have died in the middle of one.
 *
 * @param read gives `length` bytes from `at` on; never asked for what lies beyond the end
 */
export function readPieceLog(
  sizeBytes: number,
  read: (at: number, length: number) => Bytes,
): readonly PieceLogEntry[] {
  const entries: PieceLogEntry[] = []
  for (let from = 0; from + headBytes <= sizeBytes;) {
    const head = read(from, headBytes)
    const view = new DataView(head.buffer, head.byteOffset, headBytes)
    const [pathLength, length] = [view.getUint32(12), view.getUint32(16)]
    const at = from + headBytes
    from = at + pathLength + length
    if (view.getUint32(0) !== mark || from > sizeBytes) break
    entries.push({ segment: view.getUint32(4), shard: view.getUint32(8), at, pathLength, length })
  }
  return entries
}
