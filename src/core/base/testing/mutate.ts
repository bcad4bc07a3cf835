import type { Bytes } from '../bytes.ts'

/** Numbers below a bound, the same ones for the same seed (xorshift32). */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed === 0 ? 1 : seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Bytes that parsers trip over: ends of ranges, heads of long CBOR items, empty containers. */
const nasty = [0x00, 0x01, 0x17, 0x18, 0x1b, 0x3b, 0x40, 0x5b, 0x7f, 0x80, 0x9b, 0xa0, 0xbb, 0xf6, 0xfb, 0xff]

/**
 * Endless damaged copies of real inputs, the same ones for the same seed: each gets one to four of bytes flipped, bytes made
 * nasty, runs cut out, doubled, or taken from another input.
 */
export function* damagedCopies(inputs: readonly Uint8Array[], seed: number): Generator<Bytes, never> {
  const pick = seededNumbers(seed)
  const any = (): Uint8Array => inputs[pick(inputs.length)] ?? new Uint8Array()
  for (;;) {
    let bytes: Bytes = Uint8Array.from(any())
    for (let edits = 1 + pick(4); edits > 0; edits--) bytes = damaged(bytes, any(), pick)
    yield bytes
  }
}

function damaged(bytes: Bytes, other: Uint8Array, pick: (below: number) => number): Bytes {
  const at = pick(bytes.length + 1)
  const length = pick(2) === 0 ? 1 + pick(4) : pick(bytes.length + 1)
  switch (pick(6)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8))
      return bytes
    case 1:
      if (at < bytes.length) bytes[at] = nasty[pick(nasty.length)] ?? 0
      return bytes
    case 2:
      return spliced(bytes, at, length, new Uint8Array())
    case 3:
      return spliced(bytes, at, 0, bytes.subarray(at, at + length))
    case 4:
      return spliced(bytes, at, length, other.subarray(at, at + length))
    default:
      return spliced(bytes, at, 0, Uint8Array.of(pick(256), nasty[pick(nasty.length)] ?? 0))
  }
}

function spliced(bytes: Bytes, at: number, cut: number, put: Uint8Array): Bytes {
  const tail = bytes.subarray(at + cut)
  const made = new Uint8Array(at + put.length + tail.length)
  made.set(bytes.subarray(0, at))
  made.set(put, at)
  made.set(tail, at + put.length)
  return made
}
