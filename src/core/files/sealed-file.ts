import { concat, utf8, type Bytes } from '../base/bytes.ts'
import { pieceBytes, type Manifest, type ManifestRecord, decodeManifest } from '../ces/index.ts'
import type { StoredPiece } from '../storage/index.ts'
import { maxManifestBytes, maxPathBytes, maxPieceBytes } from './constants.ts'
import { InvalidSealedFileError, SealedFileCutError, SealedFileVersionError } from './errors.ts'
import type { FileSource } from './index.ts'

/** Ending of sealed files. */
export const sealedFileEnding = '.tessera'

/** First bytes: a byte no text has, a word, line ends of both kinds that a text transfer would change; then the version. */
const magic = concat(new Uint8Array([0x89]), utf8('TESSERA\r\n'))
const version = 1
const headBytes = magic.byteLength + 1 + 4
const pieceHeadBytes = 4 + 1 + 4 + 2
/** Stands where a segment would: no file has so many (CES-3). */
const endMark = 0xffff_ffff
/** Read from the source at once: 4 MiB is what a store takes in one go. */
const windowBytes = 4_194_304

/** First bytes of a sealed file, up to its pieces. */
export function sealedHead(manifest: Bytes): Bytes {
  const head = new Uint8Array(headBytes)
  head.set(magic)
  head[magic.byteLength] = version
  new DataView(head.buffer).setUint32(magic.byteLength + 1, manifest.byteLength)
  return concat(head, manifest)
}

/** One piece as it stands in a sealed file. */
export function sealedPiece({ segment, shard, bytes, path }: StoredPiece): Bytes {
  const head = new Uint8Array(pieceHeadBytes)
  const view = new DataView(head.buffer)
  view.setUint32(0, segment)
  view.setUint8(4, shard)
  view.setUint32(5, bytes.byteLength)
  view.setUint16(9, path.byteLength)
  return concat(head, path, bytes)
}

/** Last bytes of a sealed file. */
export function sealedEnd(pieces: number): Bytes {
  const end = new Uint8Array(pieceHeadBytes)
  const view = new DataView(end.buffer)
  view.setUint32(0, endMark)
  view.setUint32(5, pieces)
  return end
}

/** Exact length of a sealed file with these pieces, as segment → shards. */
export function sealedFileBytes(
  { bytes, manifest }: ManifestRecord,
  held: ReadonlyMap<number, readonly number[]>,
): number {
  let total = headBytes + bytes.byteLength + pieceHeadBytes
  for (const [segment, { sealedBytes }] of manifest.segments.entries()) {
    for (const shard of held.get(segment) ?? []) {
      total += pieceHeadBytes + pathBytes(manifest, segment, shard) + pieceBytes(sealedBytes, manifest.code.k)
    }
  }
  return total
}

/** Length of a piece's path: one node for each level where its node has a sibling (CES-42). */
function pathBytes({ segments, code }: Manifest, segment: number, shard: number): number {
  let nodes = 0
  let at = segment * code.n + shard
  for (let count = segments.length * code.n; count > 1; count = Math.ceil(count / 2)) {
    if ((at ^ 1) < count) nodes += 1
    at = Math.floor(at / 2)
  }
  return nodes * 32
}

/** Reads a sealed file from its start, some MiB at a time. Nothing it says is believed beyond its own bounds (FI-49). */
export class SealedFileReader {
  readonly #source: FileSource
  #window: Bytes = new Uint8Array(0)
  /** Place of the window's first byte. */
  #windowAt = 0
  #at = 0
  #pieces = 0
  #last = -1

  constructor(source: FileSource) {
    this.#source = source
  }

  /** Bytes read so far. */
  get readBytes(): number {
    return this.#at
  }

  /** Its manifest, whose hash is the file's id. Throws `InvalidSealedFileError`, `SealedFileVersionError`, `SealedFileCutError`. */
  async manifest(): Promise<ManifestRecord> {
    const head = await this.#take(Math.min(headBytes, this.#source.sizeBytes))
    if (!magic.every((byte, i) => head[i] === byte)) {
      throw new InvalidSealedFileError('it does not begin as a sealed file does')
    }
    if (head.byteLength < headBytes) throw new SealedFileCutError('it ends within its first bytes')
    const found = head[magic.byteLength] ?? 0
    if (found !== version) throw new SealedFileVersionError(`expected version ${version}, got ${found}`)
    const length = viewOf(head).getUint32(magic.byteLength + 1)
    if (length > maxManifestBytes) {
      throw new InvalidSealedFileError(
        `expected a manifest of at most ${maxManifestBytes} bytes, got ${length}`,
      )
    }
    const bytes = (await this.#take(length)).slice()
    try {
      return decodeManifest(bytes)
    } catch (cause) {
      throw new InvalidSealedFileError('its manifest is not one that a file can have', { cause })
    }
  }

  /** The next piece, unchecked, in a buffer of its own; undefined after the last. Pieces rise by segment, then shard. */
  async piece({ manifest }: ManifestRecord): Promise<StoredPiece | undefined> {
    const view = viewOf(await this.#take(pieceHeadBytes))
    const [segment, shard] = [view.getUint32(0), view.getUint8(4)]
    const [sizeBytes, pathLength] = [view.getUint32(5), view.getUint16(9)]
    if (segment === endMark) {
      if (shard !== 0 || pathLength !== 0) throw new InvalidSealedFileError('its end is not one')
      this.#checkEnd(sizeBytes)
      return undefined
    }
    const position = segment * 256 + shard
    const { segments, code } = manifest
    if (segment >= segments.length || shard >= code.n || position <= this.#last) {
      throw new InvalidSealedFileError(`piece ${segment}/${shard} does not belong there`)
    }
    if (sizeBytes > maxPieceBytes || pathLength > maxPathBytes) {
      throw new InvalidSealedFileError(`piece ${segment}/${shard} is longer than pieces are`)
    }
    this.#last = position
    this.#pieces += 1
    const path = (await this.#take(pathLength)).slice()
    const bytes = (await this.#take(sizeBytes)).slice()
    return { segment, shard, bytes, path }
  }

  #checkEnd(pieces: number): void {
    if (pieces !== this.#pieces) {
      throw new InvalidSealedFileError(`expected ${pieces} pieces, got ${this.#pieces}`)
    }
    if (this.#at !== this.#source.sizeBytes) {
      throw new InvalidSealedFileError('it goes on after its end')
    }
  }

  /** The next bytes, valid until the next call. */
  async #take(length: number): Promise<Bytes> {
    const end = this.#at + length
    if (end > this.#source.sizeBytes) {
      throw new SealedFileCutError(`expected at least ${end} bytes, got ${this.#source.sizeBytes}`)
    }
    if (end > this.#windowAt + this.#window.byteLength) {
      const to = Math.min(this.#source.sizeBytes, this.#at + Math.max(length, windowBytes))
      this.#window = await this.#source.read(this.#at, to)
      this.#windowAt = this.#at
      if (this.#window.byteLength < length)
        throw new SealedFileCutError('its source gave fewer bytes than it has')
    }
    const from = this.#at - this.#windowAt
    this.#at = end
    return this.#window.subarray(from, from + length)
  }
}

function viewOf(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
