import { afterEach, describe, expect, it } from 'vitest'
import type { FileId, RoomId } from '../base/ids.ts'
import { systemRandom } from '../base/clock.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { packBody } from '../chat/index.ts'
import { toCbor } from '../base/wire/cbor.ts'
import type { Identity } from '../identity/index.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { openPersonal, sealPersonal, type CardBody, type PersonalBody } from './personal.ts'
import { fetchBytes, memorySource, Party, randomBytes, until, type Guest } from './testing/party.ts'

const refused = expect.objectContaining({ name: 'InvalidMessageError' }) as Error
const room = 'AAAAAAAAAAAAAAAAAAAAAA' as RoomId
let party = new Party()

afterEach(async () => {
  await party.stop()
  party = new Party()
})

const [ann, ben, cleo] = [await testIdentity(1), await testIdentity(2), await testIdentity(3)]
const people = [ann, ben, cleo]
const agreementOf = (account: string) => people.find((one) => one.account === account)?.agreement.publicKey
const as = (identity: Identity, id = room) => ({ identity, room: { id, agreementOf }, random: systemRandom })
const card = (name = 'a secret plan.txt'): Extract<CardBody, { kind: 'file' }> => ({
  ...{ kind: 'file', file: ben.account as string as FileId, key: systemRandom(32) },
  ...{ name, sizeBytes: 12, mediaType: 'text/plain' },
})

/** Everyone's view of a personal entry of Ann's for Ben. */
async function sealed(body = card()): Promise<PersonalBody> {
  return await sealPersonal(as(ann), ben.account, body)
}

describe('a card for one account', () => {
  it('FI-71 opens for the account it is for and for its author, and for nobody else', async () => {
    const body = card()
    const entry = await sealed(body)
    expect(await openPersonal(as(ben), ann.account, entry)).toEqual(body)
    expect(await openPersonal(as(ann), ann.account, entry)).toEqual(body)
    expect(await openPersonal(as(cleo), ann.account, entry)).toBeUndefined()
  })
  it('FI-71 does not open for a third who claims to be the receiver, nor with either key box', async () => {
    const entry = await sealed()
    const [first, second] = entry.keys
    for (const keys of [[first, first] as const, [second, second] as const]) {
      const posing = { ...as(cleo), identity: { account: ben.account, agreement: cleo.agreement } }
      await expect(openPersonal(posing, ann.account, { ...entry, keys })).rejects.toEqual(refused)
    }
  })
  it('FI-71 tells others neither name, type, size nor key, and all usual names take the same length', async () => {
    const body = card()
    const entry = await sealed(body)
    const { to, files, ...rest } = entry
    expect([to, files]).toEqual([ben.account, [body.file]])
    const seen = Buffer.from(toCbor(rest))
    expect(seen.includes('secret plan')).toBe(false)
    expect(seen.includes(Buffer.from(body.key))).toBe(false)
    expect((await sealed(card('x'))).sealed.byteLength).toBe(entry.sealed.byteLength)
    expect((await sealed(card('long '.repeat(40)))).sealed.byteLength).toBe(entry.sealed.byteLength)
  })
  it('FI-71 does not open when a bit of a box or of what is sealed was changed', async () => {
    const entry = await sealed()
    const flip = (bytes: Uint8Array, at: number) =>
      new Uint8Array(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)))
    for (const at of [0, 31, 32, 63, 79]) {
      const keys = [flip(entry.keys[0], at), entry.keys[1]] as const
      await expect(openPersonal(as(ben), ann.account, { ...entry, keys })).rejects.toEqual(refused)
    }
    for (const at of [0, 5, entry.sealed.byteLength - 1]) {
      const changed = { ...entry, sealed: flip(entry.sealed, at) }
      await expect(openPersonal(as(ben), ann.account, changed)).rejects.toEqual(refused)
    }
  })
  it('FI-71 does not open in another room, from another author, for another receiver or with other files', async () => {
    const entry = await sealed()
    const elsewhere = 'BBBBBBBBBBBBBBBBBBBBBA' as RoomId
    await expect(openPersonal(as(ben, elsewhere), ann.account, entry)).rejects.toEqual(refused)
    await expect(openPersonal(as(ben), cleo.account, entry)).rejects.toEqual(refused)
    const others = { ...entry, files: [cleo.account as unknown as PersonalBody['files'][number]] }
    await expect(openPersonal(as(ben), ann.account, others)).rejects.toEqual(refused)
    const toCleo = { ...entry, to: cleo.account }
    await expect(openPersonal(as(cleo), ann.account, toCleo)).rejects.toEqual(refused)
  })
  it('FI-71 cannot be made for an account whose agreement key is not known', async () => {
    const stranger = await testIdentity(9)
    await expect(sealPersonal(as(ann), stranger.account, card())).rejects.toMatchObject({
      name: 'NoAgreementKeyError',
    })
  })
  it('FI-71 a folder of long names is refused before it is posted', async () => {
    const files = Array.from({ length: 256 }, (_, i) => ({
      ...{
        path: `${String(i)}/${'n'.repeat(110)}`,
        key: systemRandom(32),
        sizeBytes: 1,
        mediaType: 'text/plain',
      },
      file: Buffer.from(systemRandom(32)).toString('base64url') as PersonalBody['files'][number],
    }))
    const folder: CardBody = { kind: 'folder', name: 'all', files }
    const posting = sealPersonal(as(ann), ben.account, folder).then(packBody)
    await expect(posting).rejects.toMatchObject({ name: 'MessageTooLongError' })
  })
})

describe('a file for one person', () => {
  const plan = (bytes = randomBytes(300_000)) => memorySource(bytes, 'plan.pdf', 'application/pdf')
  async function three(): Promise<[Guest, Guest, Guest]> {
    const [a, b, c] = await party.people(3)
    if (a === undefined || b === undefined || c === undefined) throw new Error('three people came')
    return [a, b, c]
  }
  const personalOf = (guest: Guest) => {
    const { id } = party.hub.entries[0] ?? {}
    return id === undefined ? undefined : guest.files.personal(id)
  }

  it('FI-71 is held by third members, who see no file of it and cannot fetch it, and outlives its sender', async () => {
    const [a, b, c] = await three()
    const bytes = randomBytes(300_000)
    const file = await a.files.share(plan(bytes), { to: b.account })
    await until(() => a.view(file)?.durability.safeToClose === true, 'safe to close')
    await until(() => personalOf(b) !== undefined && b.view(file)?.durability.safeToClose === true)
    expect(a.view(file)).toMatchObject({ name: 'plan.pdf', owner: a.account, to: b.account })
    expect(b.view(file)).toMatchObject({ name: 'plan.pdf', owner: a.account, to: b.account })
    expect(personalOf(a)).toEqual(personalOf(b))
    const [held] = await c.shards.files(c.room.id)
    expect(held).toMatchObject({ id: file, state: 'complete' })
    expect(held?.key).toBeUndefined()
    expect([c.files.list(), personalOf(c)]).toEqual([[], undefined])
    for (const wish of [fetchBytes(c, file), c.files.openReader(file)]) {
      await expect(wish).rejects.toMatchObject({ name: 'UnknownFileError' })
    }
    await a.leave()
    await b.files.forget(file)
    expect(await fetchBytes(b, file)).toEqual(bytes)
  })

  it('FI-71 is open to every tab of both accounts, those that come later too', async () => {
    const [a, b] = await three()
    const file = await a.files.share(plan(), { to: b.account })
    for (const [i, person] of [40, 41].entries()) {
      const tab = await party.guest(`later${String(i)}`, { person })
      expect(tab.view(file)).toMatchObject({ name: 'plan.pdf', to: b.account })
      expect(personalOf(tab)).toMatchObject({ kind: 'file', file })
    }
    const stranger = await party.guest('d', { person: 60 })
    expect([stranger.files.list(), personalOf(stranger)]).toEqual([[], undefined])
  })

  it('FI-71 says at once, and reads nothing, when the person uses an older build', async () => {
    const [a] = await three()
    const old = await party.guest('old', { person: 70, isOlder: true })
    const unread = { ...plan(), read: () => Promise.reject(new Error('read')) }
    await expect(a.files.share(unread, { to: old.account })).rejects.toMatchObject({
      name: 'NoAgreementKeyError',
    })
    expect([party.hub.entries, a.files.transfers()]).toEqual([[], []])
  })

  it('FI-71 is told as unreadable to the receiver when its entry was made for another place, and never as a file', async () => {
    const [a, b] = await three()
    await a.files.share(plan(), { to: b.account })
    const [entry] = party.hub.entries
    if (entry?.body.kind !== 'personal') throw new Error('expected a personal entry')
    const [, , c] = party.guests
    // A third member posts what Ann sealed as if it were its own.
    const copied = party.hub.post(c?.account ?? a.account, entry.body)
    await until(() => b.files.personal(copied) !== undefined)
    expect(b.files.personal(copied)).toBe('unreadable')
    expect(b.files.list()).toMatchObject([{ owner: a.account }])
  })

  it('FI-71 FI-48 is freed by everyone when its sender takes it back', async () => {
    const [a, b, c] = await three()
    const file = await a.files.share(plan(), { to: b.account })
    await until(() => a.view(file)?.durability.safeToClose === true, 'safe to close')
    await a.files.withdraw([file])
    await settle(200)
    for (const guest of [a, b, c]) {
      expect(await guest.shards.files(guest.room.id)).toEqual([])
      expect(guest.files.list()).toEqual([])
    }
    expect(b.files.isWithdrawn(file)).toBe(true)
  })

  it('FI-71 FI-44 may be a folder', async () => {
    const [a, b, c] = await three()
    const files = [
      { path: 'one.txt', source: memorySource(randomBytes(500, 1), 'one.txt') },
      { path: 'in/two.txt', source: memorySource(randomBytes(700, 2), 'two.txt') },
    ]
    const ids = await a.files.shareFolder({ name: 'Plans', files }, { to: b.account })
    await until(() => personalOf(b) !== undefined)
    expect(personalOf(b)).toMatchObject({ kind: 'folder', name: 'Plans' })
    expect(b.files.list().map(({ name, to }) => [name, to])).toEqual([
      ['one.txt', b.account],
      ['two.txt', b.account],
    ])
    for (const id of ids) expect((await fetchBytes(b, id)).byteLength).toBeGreaterThan(0)
    expect(c.files.list()).toEqual([])
  })
})
