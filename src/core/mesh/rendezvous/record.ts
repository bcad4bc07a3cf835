import type { PrivateKey } from '@libp2p/interface'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { InvalidMessageError } from '../../base/errors.ts'
import { maxAddresses, maxRecordBytes } from './constants.ts'

/** What a verified record says. */
export interface OpenedRecord {
  readonly peer: string
  readonly addresses: readonly string[]
  readonly seq: bigint
}

/** Our addresses in a signed peer record (libp2p RFC 0002 and 0003). */
export async function sealRecord(key: PrivateKey, addresses: readonly string[]): Promise<Uint8Array> {
  const record = new PeerRecord({
    peerId: peerIdFromPublicKey(key.publicKey),
    multiaddrs: addresses.slice(0, maxAddresses).map((address) => multiaddr(address)),
  })
  return (await RecordEnvelope.seal(record, key)).marshal()
}

/** Checks a record's signature and that it speaks of its signer. Throws `InvalidMessageError`. */
export async function openRecord(bytes: Uint8Array): Promise<OpenedRecord> {
  if (bytes.byteLength > maxRecordBytes) throw new InvalidMessageError('the signed record is too long')
  try {
    const envelope = await RecordEnvelope.openAndCertify(bytes, PeerRecord.DOMAIN)
    const record = PeerRecord.createFromProtobuf(envelope.payload)
    if (!record.peerId.equals(peerIdFromPublicKey(envelope.publicKey))) {
      throw new InvalidMessageError('the record speaks of another peer than its signer')
    }
    return {
      peer: record.peerId.toString(),
      addresses: record.multiaddrs.slice(0, maxAddresses).map(String),
      seq: record.seqNumber,
    }
  } catch (cause) {
    if (cause instanceof InvalidMessageError) throw cause
    throw new InvalidMessageError('expected a signed peer record', { cause })
  }
}
