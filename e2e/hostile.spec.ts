import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { systemClock, systemRandom } from '../src/core/base/clock.ts'
import { concat, fromBase64Url } from '../src/core/base/bytes.ts'
import { silent } from '../src/core/base/logger.ts'
import { toCbor } from '../src/core/base/wire/cbor.ts'
import { testIdentity } from '../src/core/identity/testing/test-identity.ts'
import { rendezvousNames, roomKeys } from '../src/core/room/keys.ts'
import { encodeRoomLink, newRoomLink } from '../src/core/room/link.ts'
import { createNodeMesh } from '../src/platform/node/mesh.ts'
import { NodePeer, relayAddresses } from './fixtures/node-peer.ts'
import type { Tab } from './fixtures/tab.ts'
import { expect, test } from './fixtures/test.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('a peer that speaks another version is told of in words, and the room goes on', async ({
  person,
  relay,
}) => {
  const key = newRoomLink(systemRandom)
  const link = encodeRoomLink(key, relay.url)
  // In the room's rendezvous and with a link of its own, but it does not answer this version's handshake.
  const newer = createNodeMesh({
    identity: await testIdentity(),
    relays: () => relayAddresses(relay.url),
    iceServers: () => [],
    ...{ clock: systemClock, random: systemRandom, logger: silent },
  })
  await newer.start()
  try {
    await expect.poll(() => newer.relayState()).toBe('online')
    for (const name of rendezvousNames(roomKeys(key), Date.now()))
      await newer.register(name, { ttlMs: 7_200_000 })
    const ann = await person('Ann')
    await ann.join(link)
    await expect(ann.page.getByText('one of you needs a newer Tessera')).toBeVisible()
    const ben = await person('Ben')
    await ben.join(link)
    await ben.sees('Ann')
    await ann.say('still here')
    await ben.hears('still here')
  } finally {
    await newer.stop()
  }
})

test('messages of a newer format are told of, and the others go on', async ({ person, relay }) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const nora = await NodePeer.join(relay.url, link, 'Nora')
  try {
    await ann.sees('Nora')
    await nora.session.room.publish('chat', await entry(nora, { v: 2 }))
    await expect(ann.page.getByText('it needs a newer Tessera')).toBeVisible()
    await nora.session.chat.send({ kind: 'text', text: 'in the old way' })
    await ann.hears('in the old way')
  } finally {
    await nora.stop()
  }
})

test('10,000 messages at once from one member are bounded and told, and nobody’s page freezes', async ({
  person,
  relay,
}) => {
  test.setTimeout(180_000)
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.join(link)
  await ben.sees('Ann')
  const flo = await NodePeer.join(relay.url, link, 'Flo')
  try {
    await Promise.all([ann.sees('Flo'), ben.sees('Flo')])
    const flood = await Promise.all(
      Array.from({ length: 10_000 }, (_, i) =>
        entry(flo, {
          seq: i,
          ...(i === 0 ? {} : { prev: systemRandom(32) }),
          body: text(`flood ${String(i)}`),
        }),
      ),
    )
    const flooding = (async () => {
      for (const payload of flood) await flo.session.room.publish('chat', payload)
    })()
    await ben.say('can you hear me?')
    await ann.hears('can you hear me?')
    await ann.say('I can')
    await ben.hears('I can')
    await flooding
    await expect(ann.page.getByText('Flo sends more than the room can take').first()).toBeVisible()
    await ann.say('after it')
    await ben.hears('after it')
    const rows = await ann.page.getByTestId('message').filter({ hasText: 'flood' }).count()
    expect(rows).toBeLessThan(1_000)
  } finally {
    await flo.stop()
  }
})

test('hostile file names are shown as they are and saved safely', async ({ person, relay }) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const nora = await NodePeer.join(relay.url, link, 'Nora')
  try {
    await ann.sees('Nora')
    const cases = [
      { name: `${'n'.repeat(296)}.txt`, shown: 'nnnnnn', saved: `${'n'.repeat(251)}.txt` },
      { name: '../../x', shown: '../../x', saved: '.._.._x' },
      { name: 'photo\u202Egnp.exe', shown: '‹U+202E›', saved: 'photognp.exe' },
      { name: 'README', shown: 'README', saved: 'README' },
      { name: 'con.txt', shown: 'con.txt', saved: '_con.txt' },
    ]
    for (const [i, { name, shown, saved }] of cases.entries()) {
      const bytes = randomBytes(1_000 + i)
      await nora.session.files.share({
        ...{ name, mediaType: 'text/plain', sizeBytes: bytes.byteLength },
        read: (start, end) => Promise.resolve(new Uint8Array(bytes.subarray(start, end))),
      })
      const card = ann.page.getByTestId('message').getByTestId('file-card').last()
      await expect(card).toContainText(shown)
      const downloading = ann.page.waitForEvent('download')
      await card.getByRole('button', { name: /^Download/ }).click()
      const download = await downloading
      expect(sha256(await readFile(await download.path()))).toBe(sha256(bytes))
      expect(download.suggestedFilename()).toBe(saved.replace(/^\.+/, ''))
    }
  } finally {
    await nora.stop()
  }
})

test('a holder that flips bits is named and bypassed', async ({ person }) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const [ben, cleo] = [await person('Ben'), await person('Cleo')]
  for (const other of [ben, cleo]) {
    await other.join(link)
    await other.sees('Ann')
  }
  const file = { name: 'kept.bin', mimeType: 'application/octet-stream', buffer: randomBytes(3_000_000) }
  await ann.shares(file)
  for (const tab of [ben, cleo]) await expect(tab.card(file.name)).toContainText('whole on this device')
  await ann.page.close()
  await flipsBits(ben)
  const dora = await person('Dora')
  await dora.join(link)
  await Promise.all([dora.sees('Ben'), dora.sees('Cleo')])
  expect(await dora.downloads(file.name)).toBe(sha256(file.buffer))
  await expect(dora.page.getByText(/Ben .*wrong/)).toBeVisible()
})

test('a full disk in mid-share leaves nothing half-shared and names the space needed', async ({ person }) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.join(link)
  await ben.sees('Ann')
  await limitsDisk(ann)
  const file = { name: 'big.bin', mimeType: 'application/octet-stream', buffer: randomBytes(20_000_000) }
  await freeOnDisk(ann, 8_000_000)
  await ann.shares(file)
  await expect(ann.page.getByText(/The browser has no more room: .* needed/).first()).toBeVisible()
  await expect(ann.card(file.name)).toHaveCount(0)
  await expect(ben.card(file.name)).toHaveCount(0)
  await freeOnDisk(ann, Infinity)
  await ann.say('room for talk')
  await ben.hears('room for talk')
  await ann.shares(file)
  await expect(ben.card(file.name)).toBeVisible()
  expect(await ben.downloads(file.name)).toBe(sha256(file.buffer))
})

const text = (said: string): { kind: 'text'; text: string } => ({ kind: 'text', text: said })

/** A signed chat entry as gossip carries it, with any of its fields replaced. */
async function entry(by: NodePeer, change: Readonly<Record<string, unknown>>): Promise<Uint8Array> {
  const content = toCbor({
    ...{ v: 1, room: fromBase64Url(by.session.room.id), author: fromBase64Url(by.identity.account) },
    ...{ seq: 0, time: [Date.now(), 0], refs: [], body: text('hello') },
    ...change,
  })
  return concat(new Uint8Array([1]), await by.identity.sign('chat-entry', content), content)
}

/** From now on this page sends one wrong bit in every large data-channel message. */
async function flipsBits(tab: Tab): Promise<void> {
  await tab.page.evaluate(() => {
    const { send } = RTCDataChannel.prototype
    RTCDataChannel.prototype.send = function wrong(this: RTCDataChannel, data: ArrayBufferView<ArrayBuffer>) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
      // As long as a part of a piece is on any line; what else is said is shorter.
      if (bytes.length > 12_000) bytes[8_000] = (bytes[8_000] ?? 0) ^ 1
      send.call(this, bytes)
    } as typeof send
  })
}

/** The page's IndexedDB counts what is written and fails as a full one does; Chromium does not enforce its own quota override. */
async function limitsDisk(tab: Tab): Promise<void> {
  await tab.page.evaluate(() => {
    const disk = window as unknown as { freeBytes: number }
    disk.freeBytes = Infinity
    const sizeOf = (value: unknown): number => {
      if (value instanceof Blob) return value.size
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength
      if (typeof value !== 'object' || value === null) return 8
      return Object.values(value).reduce((sum: number, part) => sum + sizeOf(part), 0)
    }
    for (const name of ['put', 'add'] as const) {
      const write = IDBObjectStore.prototype[name]
      IDBObjectStore.prototype[name] = function limited(value: unknown, key?: IDBValidKey) {
        disk.freeBytes -= sizeOf(value)
        if (disk.freeBytes < 0) throw new DOMException('the disk is full', 'QuotaExceededError')
        return write.call(this, value, key)
      }
    }
  })
}

async function freeOnDisk(tab: Tab, bytes: number): Promise<void> {
  await tab.page.evaluate((free) => {
    ;(window as unknown as { freeBytes: number }).freeBytes = free
  }, bytes)
}
