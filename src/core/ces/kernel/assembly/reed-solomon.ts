/**
 * Reed-Solomon's inner loop in AssemblyScript: output rows as sums of input rows times constants in GF(2^8), 16 bytes an
 * instruction. Built twice from this text, with and without relaxed SIMD (`npm run build:kernel`). Not TypeScript: the types
 * are those of WebAssembly, and only its compiler reads this folder; the formatter cannot.
 *
 * A product by a constant is linear over XOR, so the product of a byte is the sum of the products of its two nibbles. Each
 * constant is two tables of 16 bytes, and a product two look-ups, which one instruction does for 16 bytes. The plain twin is
 * `createPackedKernel` in `rs-kernel.ts`.
 *
 * Everything in memory is the caller's; the kernel keeps nothing there.
 */

/** Bytes of every input that are worked on before the next four rows: they stay in the first-level cache. */
const blockBytes: usize = 4096

/** Bytes of both tables of one constant. */
const tableBytes: usize = 32

/**
 * `outputs[r] = Σ constant[r][c] · inputs[c]`.
 *
 * @param tables for each group of four rows (the last may be smaller), for each column, for each row of the group: the
 *   products of 0..15, then those of 0x00, 0x10 .. 0xf0
 * @param inputs addresses, u32 each, one a column
 * @param outputs addresses, u32 each, one a row; no output overlaps an input
 * @param length of each input and output, a multiple of 64
 */
export function transform(
  tables: usize,
  inputs: usize,
  outputs: usize,
  columns: i32,
  rows: i32,
  length: usize,
): void {
  for (let start: usize = 0; start < length; start += blockBytes) {
    const end = min(start + blockBytes, length)
    let group = tables
    for (let row = 0; row < rows; row += 4) {
      const out = outputs + ((<usize>row) << 2)
      const width = rows - row
      if (width >= 4) addRows(4, group, inputs, out, columns, start, end)
      else if (width == 3) addRows(3, group, inputs, out, columns, start, end)
      else if (width == 2) addRows(2, group, inputs, out, columns, start, end)
      else addRows(1, group, inputs, out, columns, start, end)
      group += <usize>columns * 4 * tableBytes
    }
  }
}

/**
 * Bytes `start` to `end` of `width` rows. `width` is a literal, so each call becomes a loop of its own. Sixteen sums in
 * registers, four rows of 64 bytes: the widest was the fastest of 16, 32 and 64 bytes, with and without relaxed SIMD.
 */
// @ts-ignore: a decorator of AssemblyScript
@inline
function addRows(
  width: i32,
  group: usize,
  inputs: usize,
  outputs: usize,
  columns: i32,
  start: usize,
  end: usize,
): void {
  const inputsEnd = inputs + ((<usize>columns) << 2)
  for (let at = start; at < end; at += 64) {
    // Row 0 to 3, bytes a, b, c, d of 16 each.
    let a0 = i64x2.splat(0), b0 = i64x2.splat(0), c0 = i64x2.splat(0), d0 = i64x2.splat(0)
    let a1 = i64x2.splat(0), b1 = i64x2.splat(0), c1 = i64x2.splat(0), d1 = i64x2.splat(0)
    let a2 = i64x2.splat(0), b2 = i64x2.splat(0), c2 = i64x2.splat(0), d2 = i64x2.splat(0)
    let a3 = i64x2.splat(0), b3 = i64x2.splat(0), c3 = i64x2.splat(0), d3 = i64x2.splat(0)
    let table = group
    for (let input = inputs; input < inputsEnd; input += 4) {
      const from = <usize>load<u32>(input) + at
      const a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32), d = v128.load(from, 48)
      const aLow = lowOf(a), bLow = lowOf(b), cLow = lowOf(c), dLow = lowOf(d)
      const aHigh = highOf(a), bHigh = highOf(b), cHigh = highOf(c), dHigh = highOf(d)
      let low = v128.load(table)
      let high = v128.load(table, 16)
      a0 = plusProduct(a0, low, high, aLow, aHigh)
      b0 = plusProduct(b0, low, high, bLow, bHigh)
      c0 = plusProduct(c0, low, high, cLow, cHigh)
      d0 = plusProduct(d0, low, high, dLow, dHigh)
      if (width > 1) {
        low = v128.load(table, 32)
        high = v128.load(table, 48)
        a1 = plusProduct(a1, low, high, aLow, aHigh)
        b1 = plusProduct(b1, low, high, bLow, bHigh)
        c1 = plusProduct(c1, low, high, cLow, cHigh)
        d1 = plusProduct(d1, low, high, dLow, dHigh)
      }
      if (width > 2) {
        low = v128.load(table, 64)
        high = v128.load(table, 80)
        a2 = plusProduct(a2, low, high, aLow, aHigh)
        b2 = plusProduct(b2, low, high, bLow, bHigh)
        c2 = plusProduct(c2, low, high, cLow, cHigh)
        d2 = plusProduct(d2, low, high, dLow, dHigh)
      }
      if (width > 3) {
        low = v128.load(table, 96)
        high = v128.load(table, 112)
        a3 = plusProduct(a3, low, high, aLow, aHigh)
        b3 = plusProduct(b3, low, high, bLow, bHigh)
        c3 = plusProduct(c3, low, high, cLow, cHigh)
        d3 = plusProduct(d3, low, high, dLow, dHigh)
      }
      table += <usize>width * tableBytes
    }
    storeRow(<usize>load<u32>(outputs) + at, a0, b0, c0, d0)
    if (width > 1) storeRow(<usize>load<u32>(outputs, 4) + at, a1, b1, c1, d1)
    if (width > 2) storeRow(<usize>load<u32>(outputs, 8) + at, a2, b2, c2, d2)
    if (width > 3) storeRow(<usize>load<u32>(outputs, 12) + at, a3, b3, c3, d3)
  }
}

/** `sum` plus the products of 16 bytes, given as their nibbles. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function plusProduct(sum: v128, lowTable: v128, highTable: v128, low: v128, high: v128): v128 {
  return v128.xor(sum, v128.xor(lookUp(lowTable, low), lookUp(highTable, high)))
}

/** Bytes of `table` at indices below 16. Relaxed SIMD leaves open what greater ones give, which saves two instructions of three. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function lookUp(table: v128, indices: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(table, indices)
  return i8x16.swizzle(table, indices)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function lowOf(bytes: v128): v128 {
  return v128.and(bytes, i8x16.splat(15))
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function highOf(bytes: v128): v128 {
  return i8x16.shr_u(bytes, 4)
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function storeRow(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, a)
  v128.store(to, b, 16)
  v128.store(to, c, 32)
  v128.store(to, d, 48)
}
