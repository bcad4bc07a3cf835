import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { maxShardBytes } from '../src/core/ces/constants.ts'
import { planSegments } from '../src/core/ces/plan.ts'
import { shapeFor } from '../src/core/files/shape.ts'
import type { Tab } from './fixtures/tab.ts'
import { expect, test } from './fixtures/test.ts'

const size = 20 * 1024 * 1024
const sha256 = (buffer: Buffer): string => createHash('sha256').update(buffer).digest('hex')

/** Text that compresses as prose does: words drawn from a small vocabulary. */
function prose(bytes: number): Buffer {
  const words = 'the mosaic of tiles keeps what every hand has laid and none can take away alone '.split(' ')
  const draws = randomBytes(bytes / 4)
  let text = ''
  for (let i = 0; text.length < bytes; i++)
    text += `${words[(draws[i % draws.length] ?? 0) % words.length] ?? ''} `
  return Buffer.from(text.slice(0, bytes))
}

test('files come back byte-identical, also after their sharer has gone', async ({ person }) => {
  test.setTimeout(240_000)
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const others = [await person('Ben'), await person('Cleo'), await person('Dora')]
  for (const other of others) {
    await other.join(link)
    await other.sees('Ann')
  }
  const [ben, cleo, dora] = others
  if (ben === undefined || cleo === undefined || dora === undefined) throw new Error('three people joined')

  const text = { name: 'prose.txt', mimeType: 'text/plain', buffer: prose(size) }
  const noise = { name: 'noise.bin', mimeType: 'application/octet-stream', buffer: randomBytes(size) }
  await ann.shares(text)
  await ann.shares(noise)
  for (const file of [text, noise]) {
    await ann.keepsSafe(file.name)
    expect(await ben.downloads(file.name)).toBe(sha256(file.buffer))
  }

  await ann.page.close()
  await expect(ben.person('Ann')).toHaveCount(0)
  for (const file of [text, noise]) {
    const partial = []
    for (const tab of [ben, cleo, dora]) {
      const isWhole = (await tab.card(file.name).getByText('whole on this device').count()) > 0
      if (!isWhole) partial.push(tab)
    }
    expect(partial.length, 'somebody holds no full copy').toBeGreaterThan(0)
    for (const tab of partial) expect(await tab.downloads(file.name)).toBe(sha256(file.buffer))
  }
})

test('edge sizes are kept and come back byte-identical', async ({ person }) => {
  const [ann, ben] = await pair(person)
  // What fills one segment in a room of two, and one byte more (CES-3).
  const { segmentBytes } = planSegments(2 * maxShardBytes, shapeFor(2))
  for (const bytes of [0, 1, segmentBytes, segmentBytes + 1]) {
    const file = { name: `size-${String(bytes)}.bin`, mimeType: '', buffer: randomBytes(bytes) }
    await ann.shares(file)
    await expect(ben.card(file.name)).toBeVisible()
    expect(await ben.downloads(file.name)).toBe(sha256(file.buffer))
  }
})

test('hostile names picked in one tab are shown truly and saved safely in another', async ({ person }) => {
  const [ann, ben] = await pair(person)
  const names = [
    { name: `${'n'.repeat(300)}.txt`, shown: `${'n'.repeat(300)}.txt`, saved: `${'n'.repeat(251)}.txt` },
    { name: '../../x', shown: '../../x', saved: '_.._x' },
    { name: 'photo\u202Egnp.exe', shown: 'photo‹U+202E›gnp.exe', saved: 'photognp.exe' },
    { name: 'no extension', shown: 'no extension', saved: 'no extension' },
  ]
  for (const [i, { name, shown, saved }] of names.entries()) {
    const buffer = randomBytes(1_000 + i)
    await ann.shares({ name, mimeType: 'text/plain', buffer })
    const card = ben.page.getByRole('group', { name: shown, exact: true })
    await expect(card.getByText(shown)).toBeVisible()
    const downloading = ben.page.waitForEvent('download')
    await card.getByRole('button', { name: /^Download/ }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe(saved)
    expect(sha256(await readFile(await download.path()))).toBe(sha256(buffer))
  }
})

async function pair(person: (name: string) => Promise<Tab>): Promise<[Tab, Tab]> {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.join(link)
  await ben.sees('Ann')
  return [ann, ben]
}
