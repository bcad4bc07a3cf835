import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PeerId, RoomId } from '../base/ids.ts'
import { ManualClock } from '../base/testing/manual-clock.ts'
import { toCbor } from '../base/wire/cbor.ts'
import { accountPublicKey, certifyTab, checkCertificate, createVerifier, type Identity } from './index.ts'
import { testIdentity } from './testing/test-identity.ts'

const room = 'room' as RoomId
const verify = createVerifier()
const dayMs = 24 * 3_600_000

async function made() {
  const clock = new ManualClock()
  const ann = await testIdentity(1)
  return { clock, ann, bytes: await certifyTab(ann, room, clock) }
}

/** A certificate of Ann's whose body says something else, rightly signed by `signer`. */
async function saying(ann: Identity, change: Record<string, unknown>, signer = ann): Promise<Uint8Array> {
  const issued = new ManualClock().now()
  const body = toCbor({
    v: 1,
    room,
    tab: ann.tabKey.publicKey,
    account: accountPublicKey(ann.account),
    issued,
    expires: issued + dayMs,
    ...change,
  })
  return toCbor({ body, sig: await signer.sign('tab-certificate', body) })
}

const check = (bytes: Uint8Array, ann: Identity, now = new ManualClock().now()) =>
  checkCertificate(bytes, { room, peer: ann.peer, now, verify })

describe('tab certificates', () => {
  it('ID-4 name the account of the tab that shows them, and their times', async () => {
    const { clock, ann, bytes } = await made()
    const now = clock.now()
    expect(await check(bytes, ann)).toEqual({
      ...{ account: ann.account, agreement: ann.agreement.publicKey },
      ...{ issuedAt: now, expiresAt: now + dayMs },
    })
  })
  it('ID-4 of version 1 are good and have no agreement key', async () => {
    const clock = new ManualClock()
    const ann = await testIdentity(1)
    const bytes = await certifyTab(ann, room, clock, 1)
    expect(await check(bytes, ann)).toMatchObject({ account: ann.account, agreement: undefined })
    expect(await check(await saying(ann, {}), ann)).toMatchObject({ agreement: undefined })
  })
  it('ID-7 bind the agreement key: with another one they are not signed', async () => {
    const { ann, bytes } = await made()
    const at = Buffer.from(bytes).indexOf(ann.agreement.publicKey)
    const changed = bytes.map((byte, i) => (i === at + 5 ? byte ^ 1 : byte))
    await expect(check(changed, ann)).rejects.toMatchObject({ name: 'CertificateSignatureError' })
  })
  it.each([
    ['another room', { room: 'other' as RoomId }, 'ForeignRoomCertificateError'],
    ['another tab', { peer: '12D3KooWother' as PeerId }, 'CertificatePeerMismatchError'],
  ])('ID-4 are refused in %s', async (_, where: { room?: RoomId; peer?: PeerId }, name) => {
    const { clock, ann, bytes } = await made()
    const place = { room, peer: ann.peer, now: clock.now(), verify, ...where }
    await expect(checkCertificate(bytes, place)).rejects.toMatchObject({ name })
  })
  it.each([
    ['just inside the tolerance before its time', -120_000, true],
    ['one ms before the tolerance', -120_001, false],
    ['just inside the tolerance after its time', dayMs + 120_000, true],
    ['one ms after the tolerance', dayMs + 120_001, false],
  ])('ID-4 are judged %s', async (_, later, good) => {
    const { clock, ann, bytes } = await made()
    const checking = check(bytes, ann, clock.now() + later)
    if (good) await expect(checking).resolves.toMatchObject({ account: ann.account })
    else await expect(checking).rejects.toMatchObject({ name: 'CertificateExpiredError' })
  })
  it.each([
    ['for more than a day', dayMs + 1],
    ['for no time at all', 0],
    ['to end before they begin', -1],
  ])('ID-4 are refused when made %s, however well signed', async (_, lifetimeMs) => {
    const ann = await testIdentity(1)
    const issued = new ManualClock().now()
    const checking = check(await saying(ann, { expires: issued + lifetimeMs }), ann)
    await expect(checking).rejects.toMatchObject({ name: 'CertificateExpiredError' })
  })
  it('ID-4 are refused when somebody else signed them', async () => {
    const [ann, ben] = [await testIdentity(1), await testIdentity(2)]
    const checking = check(await saying(ann, {}, ben), ann)
    await expect(checking).rejects.toMatchObject({ name: 'CertificateSignatureError' })
  })
  it('ID-4 are refused when the account signed the same bytes for another use', async () => {
    const ann = await testIdentity(1)
    const elsewhere: Identity = { ...ann, sign: (_, message) => ann.sign('chat-entry', message) }
    const checking = check(await saying(ann, {}, elsewhere), ann)
    await expect(checking).rejects.toMatchObject({ name: 'CertificateSignatureError' })
  })
  it.each([
    ['a version this build does not know', { v: 3 }],
    ['an agreement key in version 1', { agreement: new Uint8Array(32) }],
    ['version 2 without an agreement key', { v: 2 }],
    ['an agreement key of 31 bytes', { v: 2, agreement: new Uint8Array(31) }],
    ['a key of 31 bytes', { account: new Uint8Array(31) }],
    ['a time before the epoch', { issued: -1 }],
    ['more than there is to say', { extra: 1 }],
    ['a room of 65 characters', { room: 'x'.repeat(65) }],
  ])('ID-4 are refused with %s', async (_, change) => {
    const ann = await testIdentity(1)
    await expect(check(await saying(ann, change), ann)).rejects.toMatchObject({ name: 'InvalidMessageError' })
  })
  it('ID-4 have one form: the same words with the keys of the map in another order are refused', async () => {
    const { ann, bytes } = await made()
    // {"sig": 64 bytes, "body": …} in this order is canonical (shorter key first); swapped it is not.
    const sigEntry = bytes.slice(1, 1 + 4 + 2 + 64)
    const bodyEntry = bytes.slice(1 + sigEntry.length)
    const swapped = new Uint8Array([bytes[0] ?? 0, ...bodyEntry, ...sigEntry])
    await expect(check(swapped, ann)).rejects.toMatchObject({ name: 'InvalidMessageError' })
  })
  it('ID-4 answer any bytes with a named error', async () => {
    const { ann, bytes } = await made()
    const flips = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }))
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 700 }),
      flips.map(([at, mask]) => bytes.map((byte, i) => (i === at ? byte ^ mask : byte))),
      fc.nat(bytes.length - 1).map((length) => bytes.slice(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 20 }).map((more) => new Uint8Array([...bytes, ...more])),
      fc
        .tuple(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 64, maxLength: 64 }))
        .map(([body, sig]) => toCbor({ body, sig })),
    )
    await fc.assert(
      fc.asyncProperty(any, async (wrong) => {
        const error: unknown = await check(wrong, ann).then(
          () => undefined,
          (e: unknown) => e,
        )
        expect((error as Error).name).toMatch(/^(InvalidMessage|ForeignRoom|Certificate)\w*Error$/)
      }),
      { numRuns: 1_000 },
    )
  })
})
