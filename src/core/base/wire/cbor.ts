import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import * as v from 'valibot'
import { InvalidMessageError } from '../errors.ts'
import type { Bytes } from '../bytes.ts'

/** Encodes plain data (numbers, text, byte arrays, lists, maps with text keys) as deterministic CBOR, RFC 8949 section 4.2. */
export function toCbor(value: unknown): Bytes {
  return new Uint8Array(encode(value, { ...rfc8949EncodeOptions, ignoreUndefinedProperties: true }))
}

/** Deepest nesting a message may have; our own stay under 6. A bomb of nested lists must not reach the parser's stack. */
const maxDepth = 16

/**
 * Decodes untrusted CBOR: bounded length and depth first, strict and canonical parse, then the schema.
 *
 * @param bytes whole message, nothing after it
 * @param schema valibot schema; use `strictObject` so that unknown keys are refused
 * @param maxBytes refuse before parsing when the message is longer
 * @param maxItems refuse before parsing when it has more values, keys and containers: an empty list of one byte costs 40 when parsed
 * @throws InvalidMessageError when it is too long, not canonical CBOR, or not of the schema's shape
 */
export function fromCbor<S extends v.GenericSchema>(
  bytes: Uint8Array,
  schema: S,
  maxBytes: number,
  maxItems = Infinity,
): v.InferOutput<S> {
  return shapedAs(schema, decodeCbor(bytes, maxBytes, maxItems))
}

/** The first half of {@link fromCbor}: what the bytes say, of any shape. For a message that is looked at twice. */
export function decodeCbor(bytes: Uint8Array, maxBytes: number, maxItems = Infinity): unknown {
  if (bytes.byteLength > maxBytes) {
    throw new InvalidMessageError(
      `expected at most ${String(maxBytes)} bytes, got ${String(bytes.byteLength)}`,
    )
  }
  checkHeads(bytes, maxItems)
  try {
    return decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
      rejectDuplicateMapKeys: true,
      useMaps: false,
    })
  } catch (cause) {
    throw new InvalidMessageError('expected canonical CBOR', { cause })
  }
}

/** The second half of {@link fromCbor}: the value when it is of the schema's shape; otherwise `InvalidMessageError`. */
export function shapedAs<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true })
  if (!result.success) {
    const path = result.issues[0].path?.map((part: { key: unknown }) => String(part.key)).join('.') ?? ''
    throw new InvalidMessageError(`message has the wrong shape${path === '' ? '' : ` at ${path}`}`)
  }
  return result.output
}

/** A valibot schema for a byte string of a length range; the bytes are copied out of the message buffer. */
export function byteString(min: number, max = min): v.GenericSchema<Uint8Array, Bytes> {
  return v.pipe(
    v.instance(Uint8Array),
    v.check((bytes) => bytes.byteLength >= min && bytes.byteLength <= max, 'byte string of another length'),
    v.transform((bytes) => new Uint8Array(bytes)),
  )
}

/** A valibot schema for an unsigned integer up to `max` (2^53 − 1 when not given). */
export function uint(max = Number.MAX_SAFE_INTEGER): v.GenericSchema<number> {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max))
}

/** A valibot schema for text of at most `maxLength` UTF-16 units. */
export function text(maxLength: number, minLength = 0): v.GenericSchema<string> {
  return v.pipe(v.string(), v.minLength(minLength), v.maxLength(maxLength))
}

/**
 * Walks the heads of CBOR items (RFC 8949 section 3) without building anything and refuses nesting over `maxDepth`, more than
 * `maxItems` of them, lists or maps longer than the bytes that are left, and indefinite lengths.
 */
function checkHeads(bytes: Uint8Array, maxItems: number): void {
  const left: number[] = []
  let at = 0
  let items = 0
  const fail = (): never => {
    throw new InvalidMessageError('expected canonical CBOR')
  }
  do {
    const head = bytes[at++]
    if (head === undefined || ++items > maxItems) return fail()
    const info = head & 31
    let argument = info
    if (info >= 24) {
      const width = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : 0
      if (width === 0 || at + width > bytes.length) return fail()
      argument = 0
      for (let i = 0; i < width; i++) argument = argument * 256 + (bytes[at++] ?? 0)
    }
    const major = head >> 5
    let children = 0
    if (major === 2 || major === 3) {
      at += argument
      if (at > bytes.length) return fail()
    } else if (major === 4) children = argument
    else if (major === 5) children = argument * 2
    else if (major === 6) return fail() // we use no tags
    if (children > bytes.length - at) return fail()
    if (left.length > 0) left[left.length - 1] = (left[left.length - 1] ?? 0) - 1
    if (children > 0) {
      left.push(children)
      if (left.length > maxDepth) return fail()
    }
    while (left.length > 0 && left[left.length - 1] === 0) left.pop()
  } while (left.length > 0)
}
