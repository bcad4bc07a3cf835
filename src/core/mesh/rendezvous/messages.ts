import { PbfReader, PbfWriter } from 'pbf'
import { InvalidMessageError } from '../../base/errors.ts'
import { maxMessageBytes, maxRecords } from './constants.ts'

/** One registration as it travels; all parts are optional on the wire (protobuf 3). */
export interface Registration {
  ns?: string
  signedPeerRecord?: Uint8Array
  /** Seconds. */
  ttl?: number
}

/** Status codes of the specification. */
export const status = {
  ok: 0,
  invalidNamespace: 100,
  invalidSignedPeerRecord: 101,
  invalidTtl: 102,
  unavailable: 400,
} as const

/** The messages of libp2p rendezvous 1.0 that are used here; the number is `Message.type`. */
export type RendezvousMessage =
  | { readonly type: 0; readonly register: Registration }
  | { readonly type: 1; readonly status: number; readonly ttl: number }
  | { readonly type: 2; readonly ns: string }
  | { readonly type: 3; readonly ns: string; readonly limit: number }
  | { readonly type: 4; readonly registrations: readonly Registration[]; readonly status: number }

/** Field of `Message` that holds each type's body. */
const bodyField = [2, 3, 4, 5, 6] as const

export function encodeRendezvous(message: RendezvousMessage): Uint8Array {
  const writer = new PbfWriter()
  writer.writeVarintField(1, message.type)
  writer.writeMessage(bodyField[message.type], writeBody, message)
  return writer.finish()
}

function writeBody(message: RendezvousMessage, writer: PbfWriter): void {
  switch (message.type) {
    case 0:
      return writeRegistration(message.register, writer)
    case 1:
      writer.writeVarintField(1, message.status)
      return writer.writeVarintField(3, message.ttl)
    case 2:
      return writer.writeStringField(1, message.ns)
    case 3:
      writer.writeStringField(1, message.ns)
      return writer.writeVarintField(2, message.limit)
    case 4:
      for (const registration of message.registrations)
        writer.writeMessage(1, writeRegistration, registration)
      return writer.writeVarintField(3, message.status)
  }
}

function writeRegistration({ ns, signedPeerRecord, ttl }: Registration, writer: PbfWriter): void {
  if (ns !== undefined) writer.writeStringField(1, ns)
  if (signedPeerRecord !== undefined) writer.writeBytesField(2, signedPeerRecord)
  if (ttl !== undefined) writer.writeVarintField(3, ttl)
}

interface Parts {
  type: number | undefined
  readonly bodies: Map<number, Body>
}
interface Body {
  ns?: string
  signedPeerRecord?: Uint8Array
  ttl?: number
  limit?: number
  status?: number
  registrations?: Registration[]
}

/** Throws `InvalidMessageError` for anything that is not one of the messages, whole and within its bounds. */
export function decodeRendezvous(bytes: Uint8Array): RendezvousMessage {
  if (bytes.byteLength > maxMessageBytes) throw new InvalidMessageError('the rendezvous message is too long')
  const parts: Parts = { type: undefined, bodies: new Map() }
  try {
    new PbfReader(bytes).readFields(readPart, parts)
  } catch (cause) {
    throw new InvalidMessageError('expected a rendezvous message', { cause })
  }
  const { type } = parts
  const body = parts.bodies.get(bodyField[(type ?? -1) as 0] ?? -1) ?? {}
  switch (type) {
    case 0:
      return { type, register: body }
    case 1:
      return { type, status: body.status ?? 0, ttl: body.ttl ?? 0 }
    case 2:
      return { type, ns: body.ns ?? '' }
    case 3:
      return { type, ns: body.ns ?? '', limit: body.limit ?? maxRecords }
    case 4:
      return { type, registrations: body.registrations ?? [], status: body.status ?? 0 }
    default:
      throw new InvalidMessageError('unknown rendezvous message')
  }
}

function readPart(tag: number, parts: Parts, reader: PbfReader): void {
  if (tag === 1) parts.type = reader.readVarint()
  else if (tag >= 2 && tag <= 6) parts.bodies.set(tag, reader.readMessage(readers[tag - 2] ?? skip, {}))
}

const skip = (): void => undefined

const readers: readonly ((tag: number, body: Body, reader: PbfReader) => void)[] = [
  readRegistration,
  (tag, body, reader) => {
    if (tag === 1) body.status = reader.readVarint()
    else if (tag === 3) body.ttl = reader.readVarint()
  },
  (tag, body, reader) => {
    if (tag === 1) body.ns = reader.readString()
  },
  (tag, body, reader) => {
    if (tag === 1) body.ns = reader.readString()
    else if (tag === 2) body.limit = reader.readVarint()
  },
  (tag, body, reader) => {
    if (tag === 3) body.status = reader.readVarint()
    if (tag !== 1) return
    body.registrations ??= []
    if (body.registrations.length >= maxRecords) throw new InvalidMessageError('too many registrations')
    body.registrations.push(reader.readMessage(readRegistration, {}))
  },
]

function readRegistration(tag: number, registration: Registration, reader: PbfReader): void {
  if (tag === 1) registration.ns = reader.readString()
  else if (tag === 2) registration.signedPeerRecord = new Uint8Array(reader.readBytes())
  else if (tag === 3) registration.ttl = reader.readVarint()
}
