import { x25519 } from '../base/curves.ts'
import { copyBytes, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError } from '../base/errors.ts'
import type { AgreementKey } from './index.ts'
import type { HeldKey } from './keys.ts'

/** An agreement key from a 32-byte X25519 secret (RFC 7748) held in memory: for tests, Node, and engines without WebCrypto X25519. */
export function agreementFromSeed(seed: Uint8Array): AgreementKey {
  const own = copyBytes(seed)
  return {
    publicKey: copyBytes(x25519.getPublicKey(own)),
    agree: (other) => named(async () => copyBytes(x25519.getSharedSecret(own, other))),
  }
}

/** An agreement key whose private half WebCrypto keeps; `publicKey` is its 32-byte raw form. */
export function agreementFromCrypto(privateKey: HeldKey, publicKey: Bytes): AgreementKey {
  return {
    publicKey,
    agree: (other) =>
      named(async () => {
        const theirs = await crypto.subtle.importKey('raw', copyBytes(other), 'X25519', false, [])
        return new Uint8Array(
          await crypto.subtle.deriveBits({ name: 'X25519', public: theirs }, privateKey, 256),
        )
      }),
  }
}

/** Engines name their refusals differently; what they refuse is a key of small order or of another length. */
async function named(work: () => Promise<Bytes>): Promise<Bytes> {
  let shared: Bytes
  try {
    shared = await work()
  } catch (cause) {
    throw new InvalidMessageError('expected a key that another can be agreed on with', { cause })
  }
  // RFC 7748 section 6.1 leaves this check to the user, and not every engine makes it.
  if (shared.every((byte) => byte === 0)) throw new InvalidMessageError('expected a key of large order')
  return shared
}
