import { concat, equalBytes, utf8, type Bytes } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import { errorName, ProtocolError, VersionError } from '../base/errors.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import { within } from '../base/wait.ts'
import {
  certifyTab,
  checkCertificate,
  type CertificateVersion,
  type Identity,
  type VerifySignature,
} from '../identity/index.ts'
import type { MeshStream } from '../mesh/index.ts'
import { handshakeTimeoutMs, oldestRoomVersion, roomVersion } from './constants.ts'
import { ReplayedProofError, WrongSecretError } from './errors.ts'
import { derive, mac, type RoomKeys } from './keys.ts'
import {
  decodeCard,
  decodeHandshake,
  encodeCard,
  encodeHandshake,
  type HandshakeMessage,
} from './messages.ts'
import { cleanName } from './names.ts'
import type { ReplayGuard } from './replay-guard.ts'
import { openOnce, sealOnce } from './seal.ts'

/** Who was admitted. */
export interface Admitted {
  readonly peer: PeerId
  readonly account: AccountId
  readonly name: string
  /** What things are sealed to for this account; older builds have none. */
  readonly agreement: Bytes | undefined
}

export interface AdmissionComponents {
  readonly keys: RoomKeys
  readonly identity: Identity
  readonly verify: VerifySignature
  readonly replay: ReplayGuard
  readonly clock: Clock
  readonly random: RandomBytes
  readonly name: () => string
  readonly appVersion: string
}

type Role = 'initiator' | 'responder'
type Of<T extends HandshakeMessage['t']> = Extract<HandshakeMessage, { t: T }>

/**
 * The asking side (SPEC RO-4). Admits the other side before its own card is shown, and returns once the other has admitted us.
 * Throws `WrongSecretError`, `VersionError`, a `CertificateError`, `ProtocolError` or `TimeoutError`; the stream is over then.
 *
 * @param admit called when the other side has proven itself
 * @param version an older one for a side that refused ours with `VersionError`
 */
export async function askAdmission(
  stream: MeshStream,
  components: AdmissionComponents,
  admit: (other: Admitted) => void,
  version: CertificateVersion = roomVersion,
): Promise<void> {
  const { keys, identity, random, replay } = components
  const ours = random(32)
  replay.issued(ours)
  await send(stream, { t: 'hello', v: version, n: ours })
  const challenge = await receive(stream, 'challenge', components)
  const transcript = transcriptOf(ours, challenge.n, identity.peer, stream.peer)
  await send(stream, { t: 'proof', p: proof(keys, 'initiator', transcript) })
  const accept = await receive(stream, 'accept', components)
  if (!equalBytes(accept.p, proof(keys, 'responder', transcript))) {
    throw new WrongSecretError('the other side does not know the secret')
  }
  admit(await readCard(stream.peer, accept.s, cardKey(keys, 'responder', transcript), components))
  await send(stream, { t: 'welcome', s: await sealedCard('initiator', transcript, components, version) })
  await receive(stream, 'done', components)
  await stream.close()
}

/**
 * The answering side. Says nothing of the room, not even that it is one, before the other has proven the secret.
 * Throws as {@link askAdmission}, and `ReplayedProofError`.
 */
export async function answerAdmission(
  stream: MeshStream,
  components: AdmissionComponents,
  admit: (other: Admitted) => void,
): Promise<void> {
  const { keys, identity, random, replay } = components
  const hello = await receive(stream, 'hello', components)
  const version = versionOf(hello.v)
  if (replay.wasIssued(hello.n)) throw new ReplayedProofError('our own nonce came back')
  const ours = random(32)
  await send(stream, { t: 'challenge', n: ours })
  const claim = await receive(stream, 'proof', components)
  const transcript = transcriptOf(hello.n, ours, stream.peer, identity.peer)
  if (replay.wasSeen(claim.p)) throw new ReplayedProofError('this proof was shown before')
  if (!equalBytes(claim.p, proof(keys, 'initiator', transcript))) {
    throw new WrongSecretError('the other side does not know the secret')
  }
  const s = await sealedCard('responder', transcript, components, version)
  await send(stream, { t: 'accept', p: proof(keys, 'responder', transcript), s })
  const welcome = await receive(stream, 'welcome', components)
  admit(await readCard(stream.peer, welcome.s, cardKey(keys, 'initiator', transcript), components))
  await send(stream, { t: 'done' })
  await stream.close()
}

/** Tells the other side, coarsely, why it is turned away, and ends the stream. */
export async function refuse(stream: MeshStream, error: unknown): Promise<void> {
  try {
    await send(stream, { t: 'refused', reason: errorName(error) })
    await stream.close()
  } catch {
    // It is gone already.
  }
}

async function send(stream: MeshStream, message: HandshakeMessage): Promise<void> {
  await stream.send(encodeHandshake(message))
}

async function receive<T extends HandshakeMessage['t']>(
  stream: MeshStream,
  kind: T,
  { clock }: { clock: Clock },
): Promise<Of<T>> {
  const frame = await within(stream.receive(), kind, { clock, timeoutMs: handshakeTimeoutMs })
  if (frame === undefined) throw new ProtocolError(`expected ${kind}, the stream ended`)
  const message = decodeHandshake(frame)
  if (message.t === 'refused') throw refusal(message.reason)
  if (message.t !== kind) throw new ProtocolError(`expected ${kind}, got ${message.t}`)
  return message as Of<T> // `t` was just compared
}

/** What the other side said, as the error it is here. Its word is only used for that. */
function refusal(reason: string): Error {
  if (reason === 'VersionError') return new VersionError('the other side speaks another version')
  if (reason === 'WrongSecretError') return new WrongSecretError('the other side knows another secret')
  return new ProtocolError(`refused: ${reason}`)
}

/** Both nonces and both peer ids, in the order of roles: a proof fits one handshake between one pair only. */
function transcriptOf(
  initiatorNonce: Bytes,
  responderNonce: Bytes,
  initiator: PeerId,
  responder: PeerId,
): Bytes {
  return concat(initiatorNonce, responderNonce, utf8(`${initiator}|${responder}`))
}

function proof(keys: RoomKeys, role: Role, transcript: Bytes): Bytes {
  return mac(keys.admission, concat(utf8(`tessera/admission/1/${role}|`), transcript))
}

function cardKey(keys: RoomKeys, role: Role, transcript: Bytes): Bytes {
  return derive(keys.admission, transcript, `card of ${role}`)
}

/** The handshake's version is that of the certificates in it. */
function versionOf(v: number): CertificateVersion {
  if (v === roomVersion || v === oldestRoomVersion) return v
  throw new VersionError(`expected version ${oldestRoomVersion} or ${roomVersion}, got ${v}`)
}

async function sealedCard(
  role: Role,
  transcript: Bytes,
  { keys, identity, clock, name, appVersion }: AdmissionComponents,
  version: CertificateVersion,
): Promise<Bytes> {
  const certificate = await certifyTab(identity, keys.id, clock, version)
  return sealOnce(cardKey(keys, role, transcript), encodeCard({ certificate, name: name(), app: appVersion }))
}

async function readCard(
  peer: PeerId,
  sealed: Bytes,
  key: Bytes,
  { keys, clock, verify }: AdmissionComponents,
): Promise<Admitted> {
  const { certificate, name } = decodeCard(openOnce(key, sealed))
  const place = { room: keys.id, peer, now: clock.now(), verify }
  const { account, agreement } = await checkCertificate(certificate, place)
  return { peer, account, name: cleanName(name), agreement }
}
