/**
 * Is what was acknowledged still there when the browser was killed? (`npm run test:kills`, after `npm run build`)
 *
 * One person's browser gets SIGKILL at random moments of sharing a file and of being given somebody else's, and is opened again on the same
 * profile. Acknowledged is what a witness outside the browser was told: the card of a share, the receipt of a column. The
 * witness leaves at the kill; a newcomer then gets every acknowledged file from the browser alone, byte by byte. Files without an
 * acknowledgement must be absent or just as whole. Ends with 1 when anything is lost.
 *
 * `--kills=50` · `--from=1` for a part of a long run: the same moments, on a new profile · `--seed=1` for the moments · `--megabytes=5` a file
 */
import { createHash, randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { expect } from '@playwright/test'
import type { FileId } from '../../src/core/base/ids.ts'
import { dice } from '../../src/core/files/testing/timeline.ts'
import { MemorySink } from '../../src/core/files/testing/party.ts'
import { NodePeer } from '../../e2e/fixtures/node-peer.ts'
import { MortalBrowser } from '../../e2e/fixtures/mortal-browser.ts'
import { RelayProcess } from '../../e2e/fixtures/relay.ts'
import { Tab } from '../../e2e/fixtures/tab.ts'

const { values } = parseArgs({
  options: {
    ...{ kills: { type: 'string' }, from: { type: 'string' } },
    ...{ seed: { type: 'string' }, megabytes: { type: 'string' } },
  },
})
const kills = Number(values.kills ?? 50)
const from = Number(values.from ?? 1)
const random = dice(Number(values.seed ?? 1))
for (let skipped = 1; skipped < from; skipped++) random()
const fileBytes = Number(values.megabytes ?? 5) * 1_000_000
/** Kills come within this time of the beginning: sharing and giving take about as long. */
const windowMs = 6_000
const patienceMs = 60_000

/** SHA-256 of every file by its name. */
const hashes = new Map<string, string>()
const acknowledged = new Set<FileId>()
/** Files that came back whole once: they are not asked for again. */
const checked = new Set<FileId>()
let lost = 0

const relay = await RelayProcess.start()
const browser = await MortalBrowser.create()
let link = ''
let roomUrl = ''
try {
  const first = new Tab(await browser.open(), 'Kim')
  await first.open(relay.url)
  link = await first.startRoom()
  roomUrl = first.page.url()
  await browser.kill()

  for (let kill = from; kill < from + kills; kill++) {
    const isShare = kill % 2 === 1
    const kim = await reopen()
    const witness = await NodePeer.join(relay.url, link, 'Witness')
    await expect(kim.person('Witness').first()).toHaveAttribute('data-path', 'direct', {
      timeout: patienceMs,
    })
    const name = `${isShare ? 'shared' : 'given'}-${String(kill)}.bin`
    const buffer = randomBytes(fileBytes)
    hashes.set(name, createHash('sha256').update(buffer).digest('hex'))
    const done = isShare ? share(kim, name, buffer) : give(witness, name, buffer)
    done.catch(() => undefined) // it is meant to be broken off
    await passed(random() * windowMs)
    await browser.kill()
    const told = isShare ? sharedBy(witness) : keptBy(witness)
    for (const file of told) acknowledged.add(file)
    await witness.stop()
    console.log(`kill ${String(kill)}: ${name} ${told.length > 0 ? 'was acknowledged' : 'was not'}`)
    await check()
    await browser.kill()
  }
} finally {
  await browser.remove()
  await relay.kill()
}
console.log(
  `${String(acknowledged.size)} files acknowledged over ${String(kills)} kills, ${String(lost)} lost or wrong`,
)
process.exit(lost === 0 ? 0 : 1)

async function reopen(): Promise<Tab> {
  const kim = new Tab(await browser.open(), 'Kim')
  await kim.page.goto(roomUrl, { timeout: patienceMs })
  await expect(kim.page.getByTestId('composer')).toBeVisible({ timeout: patienceMs })
  return kim
}

async function share(kim: Tab, name: string, buffer: Buffer): Promise<void> {
  await kim.shares({ name, mimeType: 'application/octet-stream', buffer })
}

async function give({ session }: NodePeer, name: string, buffer: Buffer): Promise<void> {
  await session.files.share({
    ...{ name, mediaType: 'application/octet-stream', sizeBytes: buffer.byteLength },
    read: (start, end) => Promise.resolve(new Uint8Array(buffer.subarray(start, end))),
  })
}

/** New files of the browser's that the witness saw the card of. */
function sharedBy({ session }: NodePeer): readonly FileId[] {
  return session.files.list().flatMap(({ id, owner }) => {
    return owner === session.room.self.account || acknowledged.has(id) || !isOwn(session, owner) ? [] : [id]
  })
}

/** The witness's files that the browser signed for. */
function keptBy({ session }: NodePeer): readonly FileId[] {
  const self = session.room.self.account
  return session.files.list().flatMap(({ id, owner, durability }) => {
    const isKept = durability.holdings.some(({ account, shards }) => account !== self && shards.length > 0)
    return owner === self && isKept ? [id] : []
  })
}

/** The room's first author is the browser's person; all others are witnesses of former rounds. */
function isOwn(session: NodePeer['session'], owner: string): boolean {
  const known = session.files.list().find(({ name }) => name.startsWith('shared-'))
  return known === undefined || known.owner === owner
}

/** Opens the browser again and takes everything from it alone. */
async function check(): Promise<void> {
  await reopen()
  const newcomer = await NodePeer.join(relay.url, link, 'Newcomer')
  const { files } = newcomer.session
  await until(() => newcomer.session.room.members().some(({ path }) => path === 'direct'))
  await until(() => [...acknowledged].every((id) => files.list().some((file) => file.id === id))).catch(
    () => {
      lost++
      console.log('  a card is gone')
    },
  )
  for (const { id, name } of files.list()) {
    const isNew = hashes.has(name) && !checked.has(id)
    if (!isNew) continue
    checked.add(id)
    const sink = new MemorySink()
    try {
      await files.fetch(id, sink, { signal: AbortSignal.timeout(patienceMs) })
    } catch (error) {
      if (!acknowledged.has(id) && name.startsWith('given-')) continue // its owner has left with it
      lost++
      console.log(`  ${name} is lost: ${String(error)}`)
      continue
    }
    if (createHash('sha256').update(sink.bytes()).digest('hex') === hashes.get(name)) continue
    lost++
    console.log(`  ${name} came back wrong`)
  }
  await newcomer.stop()
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + patienceMs; !holds(); await passed(50)) {
    if (Date.now() > end) throw new Error('it did not happen in time')
  }
}
