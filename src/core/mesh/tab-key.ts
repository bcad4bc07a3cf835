import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { equalBytes } from '../base/bytes.ts'
import { TesseraError } from '../base/errors.ts'
import type { SigningKey } from '../identity/index.ts'

/**
 * The tab's key as libp2p wants it. Noise and peer records only ask it to sign, so the private bytes need not be readable
 * (libp2p noise spec, section "Static Key Authentication"); asking for them throws.
 */
export function libp2pKeyOf(key: SigningKey): Ed25519PrivateKey {
  const publicKey = publicKeyFromRaw(key.publicKey)
  if (publicKey.type !== 'Ed25519') throw new TesseraError('expected an Ed25519 key')
  return {
    type: 'Ed25519',
    publicKey,
    get raw(): Uint8Array {
      throw new TesseraError('the private half of a tab key cannot be read')
    },
    equals: (other?: { publicKey?: { raw?: Uint8Array } }) =>
      other?.publicKey?.raw !== undefined && equalBytes(other.publicKey.raw, key.publicKey),
    sign: (data) => key.sign(data.subarray()),
  }
}
