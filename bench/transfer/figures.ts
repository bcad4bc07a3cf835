import type { FileId } from '../../src/core/base/ids.ts'
import { joinRaw, type BenchTab } from '../harness/tab.ts'
import type { Run } from '../page/api.ts'

/** Message lengths in which the raw channel is tried; the better one counts. */
const rawMessageBytes = [65_536, 262_144] as const

/** MB/s. */
function speed({ bytes, ms }: Run): number {
  return bytes / 1000 / ms
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

/** What one bar asks, and what was measured. Printed; true when it holds. */
export function bar(title: string, ratio: number, least: number): boolean {
  const holds = ratio >= least
  console.log(`${holds ? 'holds ' : 'MISSED'} ${title}: ${ratio.toFixed(2)} (at least ${least.toFixed(2)})`)
  return holds
}

/**
 * In turns pulls `sizeBytes` over a raw channel and fetches the file, so that both meet the same machine. The first pull of each kind
 * warms up and does not count. Gives both medians in MB/s.
 */
export async function compare(options: {
  readonly receiver: BenchTab
  readonly sender: BenchTab
  readonly file: FileId
  readonly seed: number
  readonly sizeBytes: number
  readonly rounds: number
}): Promise<{ readonly raw: number; readonly fetched: number; readonly ratio: number }> {
  const { receiver, sender, file, seed, sizeBytes, rounds } = options
  await joinRaw(receiver, sender)
  await receiver.call('rawReceive', 32_000_000, rawMessageBytes[0])
  const raws: number[] = []
  const fetches: number[] = []
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++) {
    const tries: number[] = []
    for (const messageBytes of rawMessageBytes) {
      tries.push(speed(await receiver.call('rawReceive', sizeBytes, messageBytes)))
    }
    const fetched = speed(await receiver.call('fetch', file, seed))
    const raw = Math.max(...tries)
    console.log(
      `  raw ${tries.map((each) => each.toFixed(1)).join(' and ')} MB/s (messages of 64 and 256 KiB), fetch ${fetched.toFixed(1)} MB/s, ratio ${(fetched / raw).toFixed(2)}`,
    )
    raws.push(raw)
    fetches.push(fetched)
    ratios.push(fetched / raw)
  }
  return { raw: median(raws), fetched: median(fetches), ratio: median(ratios) }
}
