import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/bytes.ts'
import { systemRandom } from '../base/clock.ts'
import type { AccountId } from '../base/ids.ts'
import { accountOf, accountPublicKey, createVerifier, peerIdOf, signedBytes } from './index.ts'
import { testIdentity } from './testing/test-identity.ts'

const verify = createVerifier()
const badShape = expect.objectContaining({ name: 'InvalidMessageError' }) as Error

describe('account and peer ids', () => {
  it('ID-1 account ids and public keys come back equal', () => {
    const key = systemRandom(32)
    expect(accountPublicKey(accountOf(key))).toEqual(key)
  })
  it.each([
    ['too short', 'AAAA'],
    ['not base64url', '!'.repeat(43)],
    ['padded', `${'A'.repeat(43)}=`],
    ['spelt with spare bits set', `${'A'.repeat(42)}B`],
  ])('ID-1 an account id that is %s is refused', (_, text) => {
    expect(() => accountPublicKey(text as AccountId)).toThrow(badShape)
  })
  it.each([0, 31, 33, 64])('ID-1 a key of %i bytes makes no id', (length) => {
    expect(() => accountOf(new Uint8Array(length))).toThrow(badShape)
    expect(() => peerIdOf(new Uint8Array(length))).toThrow(badShape)
  })
  it('ID-2 a peer id is the libp2p text of the tab key: an identity multihash of a protobuf Ed25519 key', () => {
    expect(peerIdOf(new Uint8Array(32))).toMatch(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/)
  })
})

describe('account signatures', () => {
  it('ID-3 a signature of one use verifies for no other use, message or account', async () => {
    const [ann, ben] = [await testIdentity(1), await testIdentity(2)]
    const hello = utf8('hello')
    const signature = await ann.sign('chat-entry', hello)
    const key = accountPublicKey(ann.account)
    expect(await verify(key, signature, signedBytes('chat-entry', hello))).toBe(true)
    expect(await verify(key, signature, signedBytes('chat-receipt', hello))).toBe(false)
    expect(await verify(key, signature, signedBytes('chat-entry', utf8('hullo')))).toBe(false)
    expect(await verify(accountPublicKey(ben.account), signature, signedBytes('chat-entry', hello))).toBe(
      false,
    )
  })
  it('ID-3 the signed bytes are the domain with its version, a zero byte and the message', () => {
    expect(signedBytes('chat-entry', utf8('x'))).toEqual(utf8('tessera/chat-entry/1\0x'))
  })
})
