import * as v from 'valibot'
import { fromBase64Url, toBase64Url, type Bytes } from '../base/bytes.ts'
import { byteString, fromCbor, toCbor, uint } from '../base/wire/cbor.ts'
import { InvalidMessageError } from '../base/errors.ts'
import type { AccountId, FileId, RoomId } from '../base/ids.ts'
import {
  maxAnswerBytes,
  maxFrameItems,
  maxHaveFiles,
  maxManifestBytes,
  maxPathBytes,
  maxPieceBytes,
  maxReceiptBytes,
  maxReceiptsPerAnswer,
  maxRequestFrameBytes,
} from './constants.ts'

const fileId = v.pipe(
  byteString(32),
  v.transform((bytes) => toBase64Url(bytes) as FileId),
)
const accountId = v.pipe(
  byteString(32),
  v.transform((bytes) => toBase64Url(bytes) as AccountId),
)
const roomId = v.pipe(
  byteString(16),
  v.transform((bytes) => toBase64Url(bytes) as RoomId),
)

/** Segment number: the STREAM counter has 32 bits. */
const segment = uint(0xffff_ffff)
/** Shard index: GF(2^8) codes have at most 255. */
const shard = uint(254)

/** Rising shard indices, one byte each: sets have one form only. */
const shardSet = v.pipe(
  byteString(0, 255),
  v.check((bytes) => isRising(bytes) && (bytes.at(-1) ?? 0) <= 254, 'shards in rising order'),
  v.transform((bytes) => [...bytes]),
)

function isRising(bytes: Uint8Array): boolean {
  return bytes.every((value, i) => i === 0 || value > (bytes[i - 1] ?? 255))
}

const requestSchema = v.variant('type', [
  v.strictObject({
    type: v.literal('have'),
    files: v.pipe(v.array(fileId), v.minLength(1), v.maxLength(maxHaveFiles)),
  }),
  v.strictObject({ type: v.literal('manifest'), file: fileId }),
  v.strictObject({ type: v.literal('pieces'), file: fileId }),
  v.strictObject({ type: v.literal('want'), segment, shard }),
  v.strictObject({ type: v.literal('offer'), file: fileId, shards: shardSet, sizeBytes: uint() }),
  v.strictObject({ type: v.literal('space') }),
])

const receipts = v.pipe(v.array(byteString(1, maxReceiptBytes)), v.maxLength(maxReceiptsPerAnswer))

const answerSchema = v.variant('type', [
  v.strictObject({ type: v.literal('holdings'), file: fileId, receipts }),
  v.strictObject({ type: v.literal('manifest'), sizeBytes: v.pipe(uint(maxManifestBytes), v.minValue(1)) }),
  v.strictObject({ type: v.literal('ready') }),
  v.strictObject({
    type: v.literal('piece'),
    segment,
    shard,
    sizeBytes: v.pipe(uint(maxPieceBytes), v.minValue(1)),
    path: v.pipe(
      byteString(0, maxPathBytes),
      v.check((bytes) => bytes.byteLength % 32 === 0, 'nodes of 32 bytes'),
    ),
  }),
  v.strictObject({ type: v.literal('none'), segment, shard }),
  v.strictObject({ type: v.literal('accepted') }),
  v.strictObject({ type: v.literal('stored'), receipt: byteString(1, maxReceiptBytes) }),
  v.strictObject({
    type: v.literal('refused'),
    reason: v.picklist(['no-space', 'too-large', 'unknown', 'busy', 'declined', 'failed']),
  }),
  v.strictObject({ type: v.literal('space'), freeBytes: uint() }),
])

const gossipSchema = v.strictObject({ type: v.literal('receipts'), receipts })

const receiptSchema = v.strictObject({
  room: roomId,
  file: fileId,
  account: accountId,
  shards: shardSet,
  at: uint(),
})
const signedReceiptSchema = v.strictObject({
  body: byteString(1, maxReceiptBytes),
  signature: byteString(64),
})

/** What the asking end of a stream says (FI-2). */
export type Request = v.InferOutput<typeof requestSchema>
/** What the answering end says; raw chunks follow `manifest` and `piece` (FI-4). */
export type Answer = v.InferOutput<typeof answerSchema>
/** What an account states of its holding (FI-13). */
export type ReceiptBody = v.InferOutput<typeof receiptSchema>

/** Bytes of a request frame. */
export function encodeRequest(request: Request): Bytes {
  switch (request.type) {
    case 'have':
      return toCbor({ ...request, files: request.files.map(fromBase64Url) })
    case 'offer':
      return toCbor({ ...request, file: fromBase64Url(request.file), shards: shardBytes(request.shards) })
    case 'manifest':
    case 'pieces':
      return toCbor({ ...request, file: fromBase64Url(request.file) })
    case 'want':
    case 'space':
      return toCbor(request)
  }
}

/** Throws `InvalidMessageError`. */
export function decodeRequest(frame: Uint8Array): Request {
  return fromCbor(frame, requestSchema, maxRequestFrameBytes, maxFrameItems)
}

/** Bytes of an answer frame. */
export function encodeAnswer(answer: Answer): Bytes {
  return toCbor(answer.type === 'holdings' ? { ...answer, file: fromBase64Url(answer.file) } : answer)
}

/** Throws `InvalidMessageError`. */
export function decodeAnswer(frame: Uint8Array): Answer {
  return fromCbor(frame, answerSchema, maxAnswerBytes, maxFrameItems)
}

/** Bytes of a gossip payload: freshly signed receipts. */
export function encodeGossip(signed: readonly Bytes[]): Bytes {
  return toCbor({ type: 'receipts', receipts: signed })
}

/** Throws `InvalidMessageError`. */
export function decodeGossip(payload: Uint8Array): readonly Bytes[] {
  return fromCbor(payload, gossipSchema, maxAnswerBytes, maxFrameItems).receipts
}

/** The bytes an account signs (FI-13). */
export function encodeReceiptBody(body: ReceiptBody): Bytes {
  return toCbor({
    room: fromBase64Url(body.room),
    file: fromBase64Url(body.file),
    account: fromBase64Url(body.account),
    shards: shardBytes(body.shards),
    at: body.at,
  })
}

/** A receipt as it travels. */
export function encodeSignedReceipt(body: Bytes, signature: Bytes): Bytes {
  return toCbor({ body, signature })
}

/** Throws `InvalidMessageError`. The signature is not checked here. */
export function decodeSignedReceipt(bytes: Uint8Array): {
  readonly body: ReceiptBody
  readonly signed: Bytes
  readonly signature: Bytes
} {
  const { body, signature } = fromCbor(bytes, signedReceiptSchema, maxReceiptBytes)
  return { body: fromCbor(body, receiptSchema, maxReceiptBytes), signed: body, signature }
}

function shardBytes(shards: readonly number[]): Bytes {
  const bytes = Uint8Array.from(new Set(shards)).sort()
  if (bytes.length !== shards.length) throw new InvalidMessageError('expected distinct shards')
  return bytes
}
