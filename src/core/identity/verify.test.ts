import { existsSync, readFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { concat, utf8 } from '../base/bytes.ts'
import { systemRandom } from '../base/clock.ts'
import { createVerifier } from './index.ts'
import { keyFromSeed } from './keys.ts'
import { hasWebCryptoEd25519, nobleVerifier, webCryptoVerifier } from './verify.ts'

const { Point } = ed25519
const order = Point.Fn.ORDER
const message = utf8('the same answer everywhere')
const verifiers = { WebCrypto: webCryptoVerifier(), noble: nobleVerifier(), chosen: createVerifier() }

/** What every verifier says of a signature; they must agree before one of them is believed. */
async function judged(publicKey: Uint8Array, signature: Uint8Array, over = message): Promise<boolean> {
  const answers = await Promise.all(
    Object.values(verifiers).map((verify) => verify(publicKey, signature, over)),
  )
  expect(new Set(answers).size).toBe(1)
  return answers[0] ?? false
}

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const scalar = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`) % order
const littleEndian = (n: bigint) =>
  new Uint8Array(Buffer.from(n.toString(16).padStart(64, '0'), 'hex')).reverse()

/** A point of order 8, from a list known since "Taming the Many EdDSAs" (Chalkias et al., 2020). */
const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')

/** Signs with secret scalar 7 as RFC 8032 does, but adds small-order parts to the key and to R. */
function signWith(keyPart: typeof torsion, rPart: typeof torsion, over = message) {
  const [a, r] = [7n, 11n]
  const publicKey = Point.BASE.multiply(a).add(keyPart).toBytes()
  const rBytes = Point.BASE.multiply(r).add(rPart).toBytes()
  const k = scalar(sha512(concat(rBytes, publicKey, over)))
  return { publicKey, signature: concat(rBytes, littleEndian((r + k * a) % order)) }
}

describe('Ed25519 by WebCrypto and by noble', () => {
  it('ID-5 this engine has WebCrypto Ed25519, so that both ways are tested here', async () => {
    expect(await hasWebCryptoEd25519()).toBe(true)
  })
  it('ID-5 accepts an honest signature, of a seed and of a hand-made scalar', async () => {
    const key = keyFromSeed(systemRandom(32))
    expect(await judged(key.publicKey, await key.sign(message))).toBe(true)
    const { publicKey, signature } = signWith(Point.ZERO, Point.ZERO)
    expect(await judged(publicKey, signature)).toBe(true)
  })
  it('ID-5 refuses lengths other than 32 and 64 bytes', async () => {
    const key = keyFromSeed(systemRandom(32))
    const signature = await key.sign(message)
    expect(await judged(key.publicKey.slice(1), signature)).toBe(false)
    expect(await judged(key.publicKey, signature.slice(1))).toBe(false)
    expect(await judged(new Uint8Array(0), new Uint8Array(0))).toBe(false)
    expect(await judged(key.publicKey, concat(signature, new Uint8Array(1)))).toBe(false)
  })
  it('ID-5 refuses every small-order key, for which anyone could sign anything', async () => {
    for (let i = 0, point = Point.ZERO; i < 8; i++, point = point.add(torsion)) {
      const signature = concat(Point.ZERO.toBytes(), new Uint8Array(32))
      expect(await judged(point.toBytes(), signature)).toBe(false)
    }
  })
  it('ID-5 refuses keys and R with a small-order part, on which engines differ', async () => {
    for (let i = 1, part = torsion; i < 8; i++, part = part.add(torsion)) {
      for (const text of ['a', 'b', 'c', 'd']) {
        const inKey = signWith(part, Point.ZERO, utf8(text))
        expect(await judged(inKey.publicKey, inKey.signature, utf8(text))).toBe(false)
        const inR = signWith(Point.ZERO, part, utf8(text))
        expect(await judged(inR.publicKey, inR.signature, utf8(text))).toBe(false)
      }
    }
  })
  it('ID-5 refuses R of small order, S of 2^252 and more added, and spellings over the field prime', async () => {
    const { publicKey, signature } = signWith(Point.ZERO, Point.ZERO)
    const s = scalar(signature.slice(32))
    expect(await judged(publicKey, concat(signature.slice(0, 32), littleEndian(s + order)))).toBe(false)
    expect(await judged(publicKey, concat(Point.ZERO.toBytes(), signature.slice(32)))).toBe(false)
    const overPrime = new Uint8Array(32).fill(255)
    overPrime[31] = 127
    expect(await judged(overPrime, signature)).toBe(false)
    expect(await judged(publicKey, concat(overPrime, signature.slice(32)))).toBe(false)
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
  it.each(Object.entries(verifiers))('ID-5 %s agrees with every case', async (_, verify) => {
    const wrong: number[] = []
    let count = 0
    for (const group of testGroups) {
      for (const { tcId, msg, sig, result } of group.tests) {
        count += 1
        const verified = await verify(hex(group.publicKey.pk), hex(sig), hex(msg))
        if (verified !== (result === 'valid')) wrong.push(tcId)
      }
    }
    expect(wrong).toEqual([])
    expect(count).toBeGreaterThan(140)
  })
})
