import { concat } from '../base/bytes.ts'
import { InvalidMessageError } from '../base/errors.ts'

/** A length takes at most this many bytes as an unsigned varint (multiformats unsigned-varint); 4 are 256 MiB. */
const maxLengthBytes = 4

/** Frames up to this size are joined with those after them. */
const joinBelowBytes = 4096

/** So few bytes left over of a large frame go with those before them: a message of their own costs as much as one of 64 KiB. */
const leftoverBytes = 1024

/**
 * What to write for frames that are sent together: each one's length as an unsigned varint, then its bytes, in few writes.
 *
 * @param writeBytes of a large frame, what goes into one write at most
 */
export function writesOf(frames: readonly Uint8Array[], writeBytes: number): readonly Uint8Array[] {
  const writes: Uint8Array[] = []
  let small: Uint8Array[] = []
  for (const frame of frames) {
    small.push(lengthOf(frame))
    if (frame.byteLength < joinBelowBytes) small.push(frame)
    else {
      const [first = frame, ...rest] = cut(frame, writeBytes)
      writes.push(concat(...small, first), ...rest)
      small = []
    }
  }
  return small.length === 0 ? writes : [...writes, concat(...small)]
}

/** Views of a frame, none longer than `writeBytes` and what may be left over. */
function cut(frame: Uint8Array, writeBytes: number): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let at = 0; at < frame.byteLength;) {
    const end = at + writeBytes + leftoverBytes < frame.byteLength ? at + writeBytes : frame.byteLength
    parts.push(frame.subarray(at, end))
    at = end
  }
  return parts
}

function lengthOf(frame: Uint8Array): Uint8Array {
  const length: number[] = []
  for (let rest = frame.byteLength; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return new Uint8Array([...length, rest])
    length.push((rest % 128) | 128)
  }
}

/** Cuts a byte stream into frames, refusing a frame by its length before any of it is kept. */
export class FrameParser {
  readonly #maxFrameBytes: number
  #lengthBytes: number[] = []
  #frame: Uint8Array<ArrayBuffer> | undefined
  #filled = 0

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** True when the stream would end inside a frame. */
  get hasPartial(): boolean {
    return this.#frame !== undefined || this.#lengthBytes.length > 0
  }

  /** Frames that `bytes` completes. Throws `InvalidMessageError` for an oversized frame or a length that is no varint. */
  push(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = []
    let at = 0
    while (at < bytes.byteLength) {
      if (this.#frame === undefined) {
        this.#length(bytes[at++] ?? 0)
      } else {
        const part = bytes.subarray(at, at + this.#frame.byteLength - this.#filled)
        this.#frame.set(part, this.#filled)
        this.#filled += part.byteLength
        at += part.byteLength
      }
      if (this.#frame?.byteLength === this.#filled) {
        frames.push(this.#frame)
        this.#frame = undefined
        this.#filled = 0
      }
    }
    return frames
  }

  #length(byte: number): void {
    this.#lengthBytes.push(byte)
    if (byte >= 128) {
      if (this.#lengthBytes.length >= maxLengthBytes)
        throw new InvalidMessageError('a frame length is too long')
      return
    }
    const length = this.#lengthBytes.reduceRight((sum, part) => sum * 128 + (part & 127), 0)
    const isMinimal = this.#lengthBytes.length === 1 || byte !== 0
    this.#lengthBytes = []
    if (!isMinimal) throw new InvalidMessageError('a frame length is not in its shortest form')
    if (length > this.#maxFrameBytes) {
      throw new InvalidMessageError(`expected a frame of at most ${this.#maxFrameBytes} bytes, got ${length}`)
    }
    this.#frame = new Uint8Array(length)
    this.#filled = 0
  }
}
