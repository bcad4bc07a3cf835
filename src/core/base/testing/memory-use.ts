import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void // what the flag puts there

/** Bytes that what `make` returns holds, when all garbage is gone. */
export function heldBytes(make: () => unknown): number {
  const before = usedBytes()
  const made = make()
  const after = usedBytes()
  return made === undefined ? 0 : after - before // reading it here keeps it alive until now
}

function usedBytes(): number {
  // Twice: memory behind arrays is given back after the first has ended.
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/**
 * Most bytes that `work` allocates, garbage included, over some runs: an upper bound of what it holds at once. A run during which the engine
 * collects counts less, so the largest of all runs is taken.
 */
export function allocatedBytes(work: () => unknown, runs = 5): number {
  let most = 0
  for (let run = 0; run < runs; run++) {
    const before = usedBytes()
    work()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    most = Math.max(most, heapUsed + arrayBuffers - before)
  }
  return most
}
