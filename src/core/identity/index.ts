/**
 * Who we are: the account (a person's signing key, kept by the browser profile) and this tab's transport key.
 *
 * @packageDocumentation
 */
import type { Bytes } from '../base/bytes.ts'
import type { AccountId, PeerId } from '../base/ids.ts'

/** A key that can sign but need not be readable. */
export interface SigningKey {
  /** 32-byte Ed25519 public key (RFC 8032). */
  readonly publicKey: Bytes
  /** 64-byte Ed25519 signature over `message`. */
  sign(message: Uint8Array): Promise<Bytes>
}

/** A key that a secret can be agreed on with, and that need not be readable. */
export interface AgreementKey {
  /** 32-byte X25519 public key (RFC 7748). */
  readonly publicKey: Bytes
  /** The 32-byte secret shared with whoever holds the private half of `other`. Throws `InvalidMessageError` for a key of small order or another length. */
  agree(other: Uint8Array): Promise<Bytes>
}

/** What the rest of the core needs of identity. */
export interface Identity {
  readonly account: AccountId
  readonly peer: PeerId
  /** The tab's transport key; the mesh adapter turns it into a libp2p private key. */
  readonly tabKey: SigningKey
  /** The account's agreement key: what is sealed to it every tab of the account can open. */
  readonly agreement: AgreementKey
  /** Index of the tab slot claimed by a Web Lock, from 0. */
  readonly slot: number
  /** Account signature over `domain` and `message`; see {@link signedBytes}. */
  sign(domain: SignatureDomain, message: Uint8Array): Promise<Bytes>
}

/** Every use of an account signature; a signature of one use never verifies for another. */
export type SignatureDomain = 'tab-certificate' | 'chat-entry' | 'chat-receipt' | 'file-receipt'

/** Ed25519 verification, by WebCrypto where the engine has it, else by noble. Never throws for bad input: false. */
export type VerifySignature = (
  publicKey: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
) => Promise<boolean>

/** Where keys are kept. Making the account twice at the same moment must end with one account. */
export interface KeyVault {
  account(): Promise<SigningKey>
  /** The account's agreement key; the same rule. */
  agreement(): Promise<AgreementKey>
  /** The key of a tab slot, made on first use and kept when the slot lies below `firstUnkeptSlot`. */
  tab(slot: number): Promise<SigningKey>
}

/** Gives each live tab of a profile its own slot. */
export interface SlotLocks {
  /**
   * The slot `preferred` when it is free (when not given: the one this tab had before a reload), else the lowest free one.
   * A closed tab releases by itself; `release` is for tests and for a Node peer that stops.
   */
  claim(preferred?: number): Promise<{ readonly slot: number; release(): void }>
}

export { agreementFromCrypto, agreementFromSeed } from './agreement.ts'
export {
  certifyTab,
  checkCertificate,
  type CertificateVersion,
  type CheckedCertificate,
} from './certificate.ts'
export {
  CertificateError,
  CertificateExpiredError,
  CertificatePeerMismatchError,
  CertificateSignatureError,
  ForeignRoomCertificateError,
} from './errors.ts'
export { openFrom, sealTo, type SealedUse } from './hpke.ts'
export { firstUnkeptSlot } from './constants.ts'
export { accountOf, accountPublicKey, keyFromCrypto, keyFromSeed, peerIdOf, signedBytes } from './keys.ts'
export { createMemoryKeyVault } from './memory-vault.ts'
export { openIdentity } from './open.ts'
export { createVerifier } from './verify.ts'
