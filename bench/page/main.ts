/**
 * A page for benches: a room's real parts behind a few verbs, and a raw data channel to measure them against.
 *
 * @packageDocumentation
 */
import '../../src/trusted-types.ts'
import '../../src/core/base/polyfill.ts'
import type { FileView } from '../../src/core/files/index.ts'
import type { BenchPage, Health } from './api.ts'
import { CheckingSink, generatedSource } from './generated.ts'
import { enterRoom, type BenchPeer } from './peer.ts'
import { RawChannel } from './raw.ts'

/** How often a condition is looked at that has no event of its own. */
const lookEveryMs = 100

let entered: BenchPeer | undefined
let raw = new RawChannel()
let sink: CheckingSink | undefined
let longestTaskMs = 0
let longTasks = 0

function peer(): BenchPeer {
  if (entered === undefined) throw new Error('enter a room first')
  return entered
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
}

function wholeHolders({ durability }: FileView): number {
  const { k, holdings } = durability
  return holdings.filter(({ reachable, shards }) => reachable && k > 0 && shards.length >= k).length
}

const bench: BenchPage = {
  async enter({ link, budgetBytes }) {
    entered = await enterRoom(link, budgetBytes)
    return entered.link
  },
  sees: (others) =>
    until(
      () =>
        peer()
          .room.members()
          .filter(({ path }) => path === 'direct').length >= others,
    ),
  share: (sizeBytes, seed) => peer().files.share(generatedSource('generated.bin', sizeBytes, seed)),
  holders: (file, count) =>
    until(() => {
      const view = peer()
        .files.list()
        .find(({ id }) => id === file)
      return view !== undefined && wholeHolders(view) >= count
    }),
  async fetch(file, seed, isThorough = false) {
    const own = new CheckingSink(seed, isThorough)
    sink = own
    const startedAt = performance.now()
    try {
      await peer().files.fetch(file, own)
      return { bytes: own.writtenBytes, ms: performance.now() - startedAt }
    } finally {
      sink = undefined
    }
  },
  rawOffer: () => raw.offer(),
  rawAnswer(offer) {
    raw = new RawChannel()
    return raw.answer(offer)
  },
  rawAccept: (answer) => raw.accept(answer),
  rawReceive: (bytes, messageBytes) => raw.receive(bytes, messageBytes),
  watch() {
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        longestTaskMs = Math.max(longestTaskMs, duration)
        longTasks++
      }
    }).observe({ type: 'longtask' })
  },
  health: (): Health => ({ longestTaskMs, longTasks }),
  progress: () => sink?.writtenBytes,
}

Object.assign(window, { bench })
