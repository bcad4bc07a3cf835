import type { FileId } from '../../src/core/base/ids.ts'
import { joinRaw, type BenchTab } from '../harness/tab.ts'
import type { Run } from '../page/api.ts'

/** Message lengths in which the raw channel is tried before; the quicker one is measured against. */
const rawMessageBytes = [65_536, 262_144] as const

/** Of the file's size, what a trial takes at most: the channel's window has opened by then. */
const trialShare = 1 / 4
const mostTrialBytes = 16_000_000

/** Two pages, a raw channel between them, and a file that one has. */
export interface Pair {
  readonly receiver: BenchTab
  readonly sender: BenchTab
  readonly file: FileId
  readonly sizeBytes: number
  readonly rounds: number
}

/** MB/s. */
export function speed({ bytes, ms }: Run): number {
  return bytes / 1000 / ms
}

/** The lower middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN
}

/** What one bar asks, and what was measured. Printed; true when it holds. */
export function bar(title: string, ratio: number, least: number): boolean {
  const holds = ratio >= least
  console.log(`${holds ? 'holds ' : 'MISSED'} ${title}: ${ratio.toFixed(2)} (at least ${least.toFixed(2)})`)
  return holds
}

/**
 * How fast a file is fetched, as a share of a raw channel: the median over the rounds. In each round a quarter of the size is pulled raw, the
 * file is fetched, and another quarter is pulled raw, so that a machine that grows busier or less so counts for both.
 */
export async function compare(pair: Pair): Promise<number> {
  const { receiver, sender, file, sizeBytes, rounds } = pair
  await joinRaw(receiver, sender)
  const messageBytes = await quickest(receiver, Math.min(mostTrialBytes, sizeBytes * trialShare))
  const pull = (): Promise<Run> => receiver.call('rawReceive', sizeBytes / 4, messageBytes)
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = await pull()
    const fetched = await receiver.call('fetch', file, 1)
    const after = await pull()
    const raw = { bytes: before.bytes + after.bytes, ms: before.ms + after.ms }
    const ratio = speed(fetched) / speed(raw)
    const raws = `${speed(before).toFixed(1)} and ${speed(after).toFixed(1)}`
    console.log(`  raw ${raws} MB/s, fetch ${speed(fetched).toFixed(1)} MB/s, ratio ${ratio.toFixed(2)}`)
    ratios.push(ratio)
  }
  return median(ratios)
}

async function quickest(receiver: BenchTab, trialBytes: number): Promise<number> {
  await receiver.call('rawReceive', trialBytes, rawMessageBytes[0])
  let best: { readonly messageBytes: number; readonly speed: number } = { messageBytes: 0, speed: 0 }
  for (const messageBytes of rawMessageBytes) {
    const tried = speed(await receiver.call('rawReceive', trialBytes, messageBytes))
    if (tried > best.speed) best = { messageBytes, speed: tried }
  }
  console.log(`  raw messages of ${String(best.messageBytes / 1024)} KiB`)
  return best.messageBytes
}
