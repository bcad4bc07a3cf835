import { availableParallelism } from 'node:os'
import { bar, pause } from './figures.ts'
import { PeopleInRoom, type Person, type Received } from './people.ts'
import { cpuSeconds } from './process-tree.ts'

/** How many tabs there are in each call. */
export const loadSizes: readonly number[] = [2, 4, 6]
/** The size the bars are for. */
const crowd = 6
/** So many windows are seen side by side at most. */
const mostSeen = 4
/** The browser's estimate of the line, and with it what it sends, has grown by then. */
const settleMs = 8_000
const measureMs = 15_000
const mostLost = 0.01
const leastFps = 5

/** One call of so many, over the time measured. */
interface Load {
  /** Of all cores, by every process of the browser. */
  readonly cpu: number
  /** Frames decoded in a second, by link. */
  readonly linkFps: readonly number[]
  /** Frames drawn in a second, by tile that is within its window. */
  readonly tileFps: readonly number[]
  readonly hiddenTiles: number
  /** Audio packets lost, 0 to 1, by link. */
  readonly lost: readonly number[]
  /** Sound that had to be made up, 0 to 1, by link. */
  readonly filled: readonly number[]
  readonly heights: readonly number[]
}

async function measure(room: PeopleInRoom): Promise<Load> {
  const startedAt = performance.now()
  const [cpuBefore, before] = await Promise.all([cpuSeconds(room.pid), receivedBy(room.people)])
  await pause(measureMs)
  const [cpuAfter, after] = await Promise.all([cpuSeconds(room.pid), receivedBy(room.people)])
  const seconds = (performance.now() - startedAt) / 1000
  const steps = after.map((now, i) => stepOf(before[i], now))
  return {
    cpu: (cpuAfter - cpuBefore) / seconds / availableParallelism(),
    linkFps: steps.flatMap((one) => one.linkFps),
    tileFps: steps.flatMap((one) => one.tileFps),
    hiddenTiles: steps.reduce((sum, { hiddenTiles }) => sum + hiddenTiles, 0),
    lost: steps.flatMap((one) => one.lost),
    filled: steps.flatMap((one) => one.filled),
    heights: [...new Set(steps.flatMap((one) => one.heights))].sort((a, b) => a - b),
  }
}

function receivedBy(people: readonly Person[]): Promise<Received[]> {
  return Promise.all(people.map((one) => one.received()))
}

/** What came to one page between two looks. Throws when a link or a tile is not the one of before: the call did not stand still. */
function stepOf(before: Received | undefined, now: Received): Omit<Load, 'cpu'> {
  if (before?.links.length !== now.links.length || before.tiles.length !== now.tiles.length)
    throw new Error('a link or a tile came or went')
  const seconds = (now.atMs - before.atMs) / 1000
  const links = now.links.map((link, i) => {
    const last = before.links[i]
    if (last?.id !== link.id) throw new Error('a link was made anew')
    const lost = Math.max(0, link.lost - last.lost)
    return {
      fps: (link.frames - last.frames) / seconds,
      lost: lost / Math.max(1, link.packets - last.packets + lost),
      filled: (link.filled - last.filled) / Math.max(1, link.samples - last.samples),
    }
  })
  const tiles = now.tiles.map((tile, i) => ({
    ...tile,
    fps: (tile.frames - (before.tiles[i]?.frames ?? 0)) / seconds,
  }))
  const visible = tiles.filter(({ isVisible }) => isVisible)
  return {
    linkFps: links.map(({ fps }) => fps),
    tileFps: visible.map(({ fps }) => fps),
    hiddenTiles: tiles.length - visible.length,
    lost: links.map(({ lost }) => lost),
    filled: links.map(({ filled }) => filled),
    heights: visible.map(({ height }) => height),
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

function print(title: string, load: Load): void {
  const range = (values: readonly number[]): string =>
    `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`
  console.log(
    `${title}: processors ${percent(load.cpu)}, decoded a link ${range(load.linkFps)} fps, ` +
      `drawn a tile ${range(load.tileFps)} fps (mean ${mean(load.tileFps).toFixed(1)}, ` +
      `${String(load.tileFps.length)} visible, ${String(load.hiddenTiles)} not), ` +
      `lines ${load.heights.join(' ')}, audio lost a link mean ${percent(mean(load.lost))} ` +
      `most ${percent(Math.max(...load.lost))}, sound made up mean ${percent(mean(load.filled))} ` +
      `most ${percent(Math.max(...load.filled))}`,
  )
}

/**
 * What calls of 2, 4 and 6 tabs on this one machine cost and how they come through, adaptation on and off. "Off" is the probe's
 * doing, not a switch of the app: it takes all limits from the senders and lets no `setParameters` of the app set one, so that each
 * link carries the whole camera. What the browser limits by itself when it runs short of bandwidth or processor, it still does.
 * Of the six one is seen, as of tabs of one window; the four are all seen, side by side.
 */
export async function measureLoad(sizes: readonly number[]): Promise<boolean> {
  const room = await PeopleInRoom.open(0)
  let holds = true
  try {
    for (const size of sizes) {
      await grow(room, size)
      for (const isAdapting of [true, false]) {
        await Promise.all(room.people.map((one) => one.adapt(isAdapting)))
        await pause(settleMs)
        const load = await measure(room)
        const seen = size > mostSeen ? 'one' : 'all'
        print(`${String(size)} tabs, ${seen} seen, adaptation ${isAdapting ? 'on' : 'off'}`, load)
        if (size === crowd && isAdapting) holds = judge(load)
      }
      await Promise.all(room.people.map((one) => one.adapt(true)))
    }
    return holds
  } finally {
    await room.close()
  }
}

/**
 * Brings more people into the room, then each into the call; the first two ring. Up to four are in windows side by side; more are like tabs of one
 * window, of which the newest is seen.
 */
async function grow(room: PeopleInRoom, size: number): Promise<void> {
  const inCall = room.people.length
  const hideOthers = async (seen: Person | undefined): Promise<void> => {
    for (const one of size > mostSeen ? room.people : []) await one.setHidden(one !== seen)
  }
  await hideOthers(undefined)
  while (room.people.length < size) {
    await room.add()
    await hideOthers(room.people.at(-1))
  }
  const [first, second] = room.people
  if (inCall === 0 && first !== undefined && second !== undefined) {
    await hideOthers(second)
    await first.ring(second)
    await second.pressAndSee('Accept with video', 1)
  }
  for (let others = Math.max(2, inCall); others < size; others++) {
    await hideOthers(room.people[others])
    await room.people[others]?.joinCall('Join the call', others)
  }
}

function judge({ lost, tileFps, linkFps }: Load): boolean {
  if (linkFps.length !== crowd * (crowd - 1)) throw new Error(`${String(linkFps.length)} links carry sound`)
  const mostLostNow = Math.max(...lost)
  const leastFpsNow = Math.min(...tileFps)
  const title = `${String(crowd)} tabs with adaptation`
  const isWhole = bar(
    `${title}, audio lost`,
    percent(mostLostNow),
    mostLostNow < mostLost,
    'under 1 %, worst link',
  )
  const isMoving = bar(
    `${title}, pictures`,
    `${leastFpsNow.toFixed(1)} fps`,
    leastFpsNow >= leastFps,
    'at least 5 fps, worst visible tile',
  )
  return isWhole && isMoving
}
