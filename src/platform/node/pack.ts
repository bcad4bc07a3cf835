import * as v from 'valibot'
import { concat, type Bytes } from '../../core/base/bytes.ts'
import { fromCbor, toCbor, uint } from '../../core/base/wire/cbor.ts'
import { StorageError, type StoredPiece } from '../../core/storage/index.ts'

/** Where one piece lies in its pack file: its bytes, then its path. */
export interface PackedPiece {
  readonly segment: number
  readonly shard: number
  readonly offset: number
  readonly length: number
  readonly pathLength: number
}

/** 4-byte length of the index, the index, the pieces. */
const prefixBytes = 4

/** An index of 100,000 pieces; a call of 4 MiB has some tens. A longer one is a damaged file. */
const maxIndexBytes = 2 * 1024 * 1024

const indexSchema = v.strictObject({
  v: v.literal(1),
  pieces: v.array(v.strictTuple([uint(), uint(), uint(), uint()])),
})

/** The bytes of a pack file. */
export function encodePack(pieces: readonly StoredPiece[]): Bytes {
  const lengths = pieces.map(({ segment, shard, bytes, path }) => [
    segment,
    shard,
    bytes.byteLength,
    path.byteLength,
  ])
  const index = toCbor({ v: 1, pieces: lengths })
  const prefix = new Uint8Array(prefixBytes)
  new DataView(prefix.buffer).setUint32(0, index.byteLength)
  return concat(prefix, index, ...pieces.flatMap(({ bytes, path }) => [bytes, path]))
}

/**
 * Reads the index of a pack file of `fileBytes` bytes through `read`, which gives `length` bytes from an offset.
 * Throws `StorageError` when it is damaged or does not account for every byte.
 */
export async function readPackIndex(
  fileBytes: number,
  read: (offset: number, length: number) => Promise<Bytes>,
): Promise<readonly PackedPiece[]> {
  const prefix = await read(0, prefixBytes)
  if (prefix.byteLength < prefixBytes) throw damaged()
  const indexBytes = new DataView(prefix.buffer).getUint32(0)
  if (indexBytes > maxIndexBytes || prefixBytes + indexBytes > fileBytes) throw damaged()
  let offset = prefixBytes + indexBytes
  const rows: PackedPiece[] = []
  for (const [segment, shard, length, pathLength] of parse(await read(prefixBytes, indexBytes))) {
    rows.push({ segment, shard, offset, length, pathLength })
    offset += length + pathLength
  }
  if (offset !== fileBytes) throw damaged()
  return rows
}

function parse(index: Bytes): readonly (readonly [number, number, number, number])[] {
  try {
    return fromCbor(index, indexSchema, maxIndexBytes).pieces
  } catch (cause) {
    throw damaged(cause)
  }
}

function damaged(cause?: unknown): StorageError {
  return new StorageError('a pack file on disk is damaged', { cause })
}
