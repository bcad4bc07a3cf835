/** The field GF(2^8) with polynomial x^8 + x^4 + x^3 + x^2 + 1 and generator 2, as Backblaze, klauspost and QR codes use it. */
const polynomial = 0x11d

/** Powers of 2, twice over so that sums of two logarithms need no modulo, and their logarithms. */
function makeTables(): { readonly exp: Uint8Array; readonly log: Uint8Array } {
  const exp = new Uint8Array(510)
  const log = new Uint8Array(256)
  let power = 1
  for (let i = 0; i < 255; i++) {
    exp[i] = power
    exp[i + 255] = power
    log[power] = i
    power = power < 128 ? power * 2 : (power * 2) ^ polynomial
  }
  return { exp, log }
}

// Marked so that a bundle which never codes, such as the page beside its workers, drops it.
const { exp, log } = /* @__PURE__ */ makeTables()

/** Product in the field. Not constant in time: for ciphertext and matrices only. */
export function multiply(a: number, b: number): number {
  if (a === 0 || b === 0) return 0
  return exp[(log[a] ?? 0) + (log[b] ?? 0)] ?? 0
}

/** Multiplicative inverse of `a`, 1..255. Zero has none and gives 0. */
export function invert(a: number): number {
  return a === 0 ? 0 : (exp[255 - (log[a] ?? 0)] ?? 0)
}
