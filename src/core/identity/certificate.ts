import * as v from 'valibot'
import { equalBytes, type Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { InvalidMessageError } from '../base/errors.ts'
import type { AccountId, PeerId, RoomId } from '../base/ids.ts'
import { byteString, fromCbor, text, toCbor, uint } from '../base/wire/cbor.ts'
import { certificateLifetimeMs, clockToleranceMs, maxCertificateBytes } from './constants.ts'
import {
  CertificateExpiredError,
  CertificatePeerMismatchError,
  CertificateSignatureError,
  ForeignRoomCertificateError,
} from './errors.ts'
import type { Identity, VerifySignature } from './index.ts'
import { accountOf, accountPublicKey, peerIdOf, signedBytes } from './keys.ts'

const common = {
  room: text(64, 1),
  tab: byteString(32),
  account: byteString(32),
  issued: uint(),
  expires: uint(),
}
const body = v.variant('v', [
  v.strictObject({ v: v.literal(1), ...common }),
  v.strictObject({ v: v.literal(2), ...common, agreement: byteString(32) }),
])
const schema = v.strictObject({ body: byteString(1, maxCertificateBytes), sig: byteString(64) })

/** What a good certificate says. */
export interface CheckedCertificate {
  readonly account: AccountId
  /** 32-byte X25519 key that things are sealed to for this account; undefined in certificates of version 1. */
  readonly agreement: Bytes | undefined
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Versions of certificates; the first has no agreement key. */
export type CertificateVersion = 1 | 2

/**
 * The account's word that this tab speaks for it in this room for a day (SPEC ID-4).
 *
 * @param version 1 for a peer that knows no other
 */
export async function certifyTab(
  identity: Identity,
  room: RoomId,
  clock: Clock,
  version: CertificateVersion = 2,
): Promise<Bytes> {
  const issued = clock.now()
  const signed = toCbor({
    v: version,
    room,
    tab: identity.tabKey.publicKey,
    account: accountPublicKey(identity.account),
    issued,
    expires: issued + certificateLifetimeMs,
    agreement: version === 1 ? undefined : identity.agreement.publicKey,
  })
  return toCbor({ body: signed, sig: await identity.sign('tab-certificate', signed) })
}

/**
 * Checks a certificate shown by `peer` for `room` at time `now`.
 * Throws `InvalidMessageError` for bytes of another shape, or a `CertificateError` subclass.
 */
export async function checkCertificate(
  bytes: Uint8Array,
  { room, peer, now, verify }: { room: RoomId; peer: PeerId; now: number; verify: VerifySignature },
): Promise<CheckedCertificate> {
  const outer = fromCbor(bytes, schema, maxCertificateBytes)
  const said = fromCbor(outer.body, body, maxCertificateBytes)
  if (!equalBytes(toCbor(outer), bytes) || !equalBytes(toCbor(said), outer.body)) {
    throw new InvalidMessageError('expected the canonical form of a certificate')
  }
  const { account, issued, expires } = said
  if (said.room !== room) throw new ForeignRoomCertificateError('the certificate is for another room')
  if (peerIdOf(said.tab) !== peer) throw new CertificatePeerMismatchError('the certificate names another tab')
  checkTime(issued, expires, now)
  if (!(await verify(account, outer.sig, signedBytes('tab-certificate', outer.body)))) {
    throw new CertificateSignatureError('the certificate is not signed by its account')
  }
  const agreement = said.v === 1 ? undefined : said.agreement
  return { account: accountOf(account), agreement, issuedAt: issued, expiresAt: expires }
}

/** Throws `CertificateExpiredError` unless `now` lies between the two times, give or take what clocks differ. */
function checkTime(issued: number, expires: number, now: number): void {
  if (expires <= issued || expires - issued > certificateLifetimeMs) {
    throw new CertificateExpiredError('the certificate has a lifetime of none, or of more than a day')
  }
  if (issued > now + clockToleranceMs) throw new CertificateExpiredError('the certificate is not valid yet')
  if (expires < now - clockToleranceMs)
    throw new CertificateExpiredError('the certificate is no longer valid')
}
