import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/bytes.ts'
import type { PeerId, RoomId } from '../base/ids.ts'
import { ManualClock } from '../base/testing/manual-clock.ts'
import { toCbor } from '../base/wire/cbor.ts'
import {
  accountOf,
  accountPublicKey,
  certifyTab,
  checkCertificate,
  createVerifier,
  signedBytes,
} from './index.ts'
import { hasWebCryptoEd25519, verifyByNoble, verifyByWebCrypto } from './keys.ts'
import { testIdentity } from './testing/test-identity.ts'

const room = 'room' as RoomId
const verify = createVerifier()
const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

describe('identity', () => {
  it('ID-1 account ids and public keys come back equal, and other texts are refused', async () => {
    const { account } = await testIdentity(1)
    expect(accountOf(accountPublicKey(account))).toBe(account)
    expect(() => accountPublicKey('AAAA' as typeof account)).toThrow(/32 bytes/)
  })
  it('ID-3 a signature of one use verifies for no other use, message or account', async () => {
    const [ann, ben] = [await testIdentity(1), await testIdentity(2)]
    const signature = await ann.sign('chat-entry', utf8('hello'))
    const key = accountPublicKey(ann.account)
    expect(await verify(key, signature, signedBytes('chat-entry', utf8('hello')))).toBe(true)
    expect(await verify(key, signature, signedBytes('chat-receipt', utf8('hello')))).toBe(false)
    expect(await verify(key, signature, signedBytes('chat-entry', utf8('hullo')))).toBe(false)
    expect(
      await verify(accountPublicKey(ben.account), signature, signedBytes('chat-entry', utf8('hello'))),
    ).toBe(false)
  })
})

describe('tab certificates', () => {
  async function made() {
    const clock = new ManualClock()
    const ann = await testIdentity(1)
    return { clock, ann, bytes: await certifyTab(ann, room, clock) }
  }
  it('ID-4 name the account of the tab that shows them', async () => {
    const { clock, ann, bytes } = await made()
    const checked = await checkCertificate(bytes, { room, peer: ann.peer, now: clock.now(), verify })
    expect(checked.account).toBe(ann.account)
  })
  it.each([
    ['another room', { room: 'other' as RoomId }, 'ForeignRoomCertificateError'],
    ['another tab', { peer: '12D3KooWother' as PeerId }, 'CertificatePeerMismatchError'],
    ['a day and three minutes later', { later: 24 * 3_600_000 + 180_000 }, 'CertificateExpiredError'],
    ['three minutes before it was made', { later: -180_000 }, 'CertificateExpiredError'],
  ])('ID-4 are refused in %s', async (_, change: { room?: RoomId; peer?: PeerId; later?: number }, name) => {
    const { clock, ann, bytes } = await made()
    const { later = 0, ...where } = change
    const check = checkCertificate(bytes, {
      room,
      peer: ann.peer,
      now: clock.now() + later,
      verify,
      ...where,
    })
    await expect(check).rejects.toMatchObject({ name })
  })
  it('ID-4 are refused when somebody else signed them', async () => {
    const { clock, ann } = await made()
    const ben = await testIdentity(2)
    const forged = await certifyTab(
      { ...ann, sign: (domain, message) => ben.sign(domain, message) },
      room,
      clock,
    )
    await expect(
      checkCertificate(forged, { room, peer: ann.peer, now: clock.now(), verify }),
    ).rejects.toMatchObject({
      name: 'CertificateSignatureError',
    })
  })
  it('ID-4 answer any bytes with a named error', async () => {
    const { clock, ann, bytes } = await made()
    const flips = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }))
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      flips.map(([at, mask]) => bytes.map((byte, i) => (i === at ? byte ^ mask : byte))),
      fc.anything().map((value) => toCbor({ body: value === undefined ? null : String(value) })),
    )
    await fc.assert(
      fc.asyncProperty(any, async (wrong) => {
        const check = checkCertificate(wrong, {
          room,
          peer: ann.peer,
          now: clock.now(),
          verify: verifyByNoble,
        })
        const error: unknown = await check.then(
          () => undefined,
          (e: unknown) => e,
        )
        expect(String((error as Error).name)).toMatch(/^(InvalidMessage|ForeignRoom|Certificate)\w*Error$/)
      }),
      { numRuns: 2_000 },
    )
  })
})

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string }
    readonly tests: readonly { tcId: number; msg: string; sig: string; result: string }[]
  }[]
}

describe('Ed25519 against Wycheproof', () => {
  const path = new URL('../../../../shared/vectors/wycheproof/ed25519_test.json', import.meta.url)
  if (!existsSync(path)) {
    it('was not run: the vectors of the Wycheproof project are not beside this checkout', () => {
      expect(existsSync(path)).toBe(false)
    })
    return
  }
  const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as Wycheproof
  it.each([
    ['WebCrypto', verifyByWebCrypto],
    ['noble', verifyByNoble],
  ])('%s agrees with every case', async (name, check) => {
    expect(name !== 'WebCrypto' || (await hasWebCryptoEd25519())).toBe(true)
    const wrong: number[] = []
    let count = 0
    for (const group of testGroups) {
      for (const { tcId, msg, sig, result } of group.tests) {
        count += 1
        const verified = await check(hex(group.publicKey.pk), hex(sig), hex(msg))
        if (verified !== (result === 'valid')) wrong.push(tcId)
      }
    }
    expect(wrong).toEqual([])
    expect(count).toBeGreaterThan(140)
  })
})
