import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8, type Bytes } from '../base/bytes.ts'
import { systemRandom } from '../base/clock.ts'
import { agreementFromCrypto, agreementFromSeed } from './agreement.ts'
import { openFrom, sealTo } from './hpke.ts'
import type { AgreementKey } from './index.ts'

const hex = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'hex'))
const refused = expect.objectContaining({ name: 'InvalidMessageError' }) as Error

/** RFC 9180 appendix A.2.1 and A.2.1.1, sequence number 0: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode. */
const vector = {
  info: hex('4f6465206f6e2061204772656369616e2055726e'),
  aad: hex('436f756e742d30'),
  ephemeral: hex('f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600'),
  receiver: hex('8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb'),
  receiverPublic: hex('4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a'),
  message: utf8('Beauty is truth, truth beauty'),
  sealed: hex(
    '1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a' +
      '1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28',
  ),
}
const use = { info: utf8('a use'), aad: utf8('a place') }

/** As WebCrypto would hold it: not readable. */
async function heldKey(): Promise<AgreementKey> {
  const pair = await crypto.subtle.generateKey('X25519', false, ['deriveBits'])
  if (!('privateKey' in pair)) throw new Error('expected a key pair')
  const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
  return agreementFromCrypto(pair.privateKey, new Uint8Array(raw))
}

describe('sealing to an account', () => {
  it('ID-8 makes and opens the bytes of RFC 9180 appendix A.2.1.1', async () => {
    const receiver = agreementFromSeed(vector.receiver)
    expect(receiver.publicKey).toEqual(vector.receiverPublic)
    const ephemeral = () => new Uint8Array(vector.ephemeral)
    expect(await sealTo(receiver.publicKey, vector, vector.message, ephemeral)).toEqual(vector.sealed)
    expect(await openFrom(receiver, vector, vector.sealed)).toEqual(vector.message)
  })
  it('ID-8 opens the same whether WebCrypto holds the key or noble', async () => {
    const [held, seed] = [await heldKey(), agreementFromSeed(systemRandom(32))]
    expect(await held.agree(seed.publicKey)).toEqual(await seed.agree(held.publicKey))
    const sealed = await sealTo(held.publicKey, use, utf8('hello'), systemRandom)
    expect(await openFrom(held, use, sealed)).toEqual(utf8('hello'))
  })
  it('ID-8 does not open for another account, another use, another place, or with any bit changed', async () => {
    const [ann, ben] = [agreementFromSeed(systemRandom(32)), agreementFromSeed(systemRandom(32))]
    const sealed = await sealTo(ann.publicKey, use, utf8('hello'), systemRandom)
    await expect(openFrom(ben, use, sealed)).rejects.toEqual(refused)
    await expect(openFrom(ann, { ...use, info: utf8('b use') }, sealed)).rejects.toEqual(refused)
    await expect(openFrom(ann, { ...use, aad: utf8('b place') }, sealed)).rejects.toEqual(refused)
    for (let at = 0; at < sealed.byteLength; at++) {
      const changed = sealed.map((byte, i) => (i === at ? byte ^ 1 : byte))
      await expect(openFrom(ann, use, changed)).rejects.toEqual(refused)
    }
  })
  it('ID-8 seals the same message differently each time', async () => {
    const { publicKey } = agreementFromSeed(systemRandom(32))
    const [first, second] = [
      await sealTo(publicKey, use, utf8('hello'), systemRandom),
      await sealTo(publicKey, use, utf8('hello'), systemRandom),
    ]
    expect(first).not.toEqual(second)
  })
  it.each([
    ['zero', new Uint8Array(32)],
    ['one', new Uint8Array(32).fill(1, 0, 1)],
    ['of order 8', hex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')],
    ['31 bytes', new Uint8Array(31).fill(9)],
  ])('ID-7 agrees on nothing with a key that is %s, by noble and by WebCrypto', async (_, key) => {
    for (const own of [agreementFromSeed(systemRandom(32)), await heldKey()]) {
      await expect(own.agree(key)).rejects.toEqual(refused)
      await expect(sealTo(key, use, utf8('hello'), systemRandom)).rejects.toEqual(refused)
    }
  })
  it('ID-8 answers any bytes with a named error', async () => {
    const own = agreementFromSeed(systemRandom(32))
    const any = fc.uint8Array({ maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(any, async (bytes) => {
        await expect(openFrom(own, use, bytes)).rejects.toEqual(refused)
      }),
      { numRuns: 300 },
    )
  })
})
