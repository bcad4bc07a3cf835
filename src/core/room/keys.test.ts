import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../base/bytes.ts'
import { cleanName } from './names.ts'
import { derive, rendezvousNames, roomKeys, topicName } from './keys.ts'
import { openGossip, sealGossip } from './seal.ts'
import { systemRandom } from '../base/clock.ts'

const link = { secret: new Uint8Array(16).fill(7), relays: [] }
const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

describe('room keys', () => {
  it('RO-2 are all different, and the same for the same secret only', () => {
    const keys = roomKeys(link)
    const texts = [keys.admission, keys.message, keys.topic, keys.rendezvous, keys.ownLog].map(toBase64Url)
    expect(new Set(texts).size).toBe(5)
    expect(roomKeys({ ...link, relays: ['/x'] }).id).toBe(keys.id)
    expect(roomKeys({ ...link, secret: new Uint8Array(16).fill(8) }).id).not.toBe(keys.id)
    expect(topicName(keys, 'chat')).not.toBe(topicName(keys, 'files'))
  })
  it('RO-3 name the room anew each day, by two names within half an hour of midnight', () => {
    const keys = roomKeys(link)
    const noon = Date.UTC(2026, 0, 15, 12)
    const [today] = rendezvousNames(keys, noon)
    expect(rendezvousNames(keys, noon)).toHaveLength(1)
    expect(rendezvousNames(keys, noon + 24 * 3_600_000)).not.toContain(today)
    const late = rendezvousNames(keys, Date.UTC(2026, 0, 15, 23, 45))
    const early = rendezvousNames(keys, Date.UTC(2026, 0, 16, 0, 15))
    expect(new Set(late)).toEqual(new Set(early))
    expect(late).toHaveLength(2)
  })
  it('RO-10 gossip opens for its room and topic only, and its padding hides small differences', () => {
    const { message } = roomKeys(link)
    const sealed = sealGossip(message, 'topic', new Uint8Array([1, 2, 3]), systemRandom)
    expect(openGossip(message, 'topic', sealed)).toEqual(new Uint8Array([1, 2, 3]))
    expect(sealGossip(message, 'topic', new Uint8Array(200), systemRandom)).toHaveLength(sealed.length)
    const wrong = { name: 'InvalidMessageError' }
    expect(() => openGossip(message, 'other', sealed)).toThrow(expect.objectContaining(wrong) as Error)
    expect(() => openGossip(new Uint8Array(32), 'topic', sealed)).toThrow(
      expect.objectContaining(wrong) as Error,
    )
    expect(() => openGossip(message, 'topic', sealed.slice(0, -1))).toThrow(
      expect.objectContaining(wrong) as Error,
    )
    expect(() => openGossip(message, 'topic', new Uint8Array())).toThrow(
      expect.objectContaining(wrong) as Error,
    )
  })
  it.each([
    ['  Ann  ', 'Ann'],
    ['a\u202egnp.exe', 'a gnp.exe'],
    ['line\nbreak\u0000', 'line break'],
    ['', 'Guest'],
    ['\u200f\u2066', 'Guest'],
    ['x'.repeat(300), 'x'.repeat(64)],
  ])('RO-8 the name %j is shown as %j', (name, shown) => expect(cleanName(name)).toBe(shown))
})

interface Wycheproof {
  readonly testGroups: readonly {
    readonly tests: readonly {
      ikm: string
      salt: string
      info: string
      size: number
      okm: string
      result: string
    }[]
  }[]
}

describe('HKDF-SHA256 against Wycheproof', () => {
  const path = new URL('../../../../shared/vectors/wycheproof/hkdf_sha256_test.json', import.meta.url)
  if (!existsSync(path)) {
    it('was not run: the vectors of the Wycheproof project are not beside this checkout', () => {
      expect(existsSync(path)).toBe(false)
    })
    return
  }
  it('agrees with every case whose info is text, and refuses what must be refused', () => {
    const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as Wycheproof
    let count = 0
    for (const { ikm, salt, info, size, okm, result } of testGroups.flatMap(({ tests }) => tests)) {
      const label = new TextDecoder().decode(hex(info))
      if (Buffer.from(label).toString('hex') !== info) continue // our labels are text; these cases have raw bytes
      count += 1
      const run = () => Buffer.from(derive(hex(ikm), hex(salt), label, size)).toString('hex')
      if (result === 'valid') expect(run()).toBe(okm)
      else expect(run).toThrow()
    }
    expect(count).toBeGreaterThan(15)
  })
})
