import { equalBytes, type Bytes } from '../../base/bytes.ts'

/** Bytes without pattern that are the same in every run (xorshift32): random to the probe, reproducible for golden hashes. */
export function noise(length: number, seed = 1): Bytes {
  const bytes = new Uint8Array(length)
  let state = seed === 0 ? 1 : seed
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state >>> 11
  }
  return bytes
}

/** Text that compresses well. */
export function prose(length: number): Bytes {
  const sentence =
    'A tessera was the token that two friends broke in half so that their houses would know each other. '
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = sentence.charCodeAt(i % sentence.length)
  return bytes
}

/** Random bytes of the same key length in every run, for tests that need a source. */
export function seededRandom(seed: number): (length: number) => Bytes {
  let calls = 0
  return (length) => noise(length, seed * 1_000 + ++calls)
}

/** `items` without the order they came in: every way to take `count` of them. */
export function* combinations(items: readonly number[], count: number): Generator<number[]> {
  if (count === 0) {
    yield []
    return
  }
  for (const [i, item] of items.entries()) {
    for (const rest of combinations(items.slice(i + 1), count - 1)) yield [item, ...rest]
  }
}

/** Equality of long arrays, which `toEqual` compares a thousand times slower. */
export function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && equalBytes(a, b)
}
