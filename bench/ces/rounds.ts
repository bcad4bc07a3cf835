/** One thing that is timed. `run` does a fixed amount of work; what is before and after it is not counted. */
export interface Contender {
  before?(): void
  run(): Promise<unknown> | undefined
  after?(): Promise<unknown>
}

/** Milliseconds of each contender, round by round. */
export type Rounds = Readonly<Record<string, readonly number[]>>

const warmUpRounds = 3

/**
 * Runs contenders in turn, round after round, so that whatever else the machine does meets all of them. The first rounds only
 * warm up.
 */
export async function interleave(
  rounds: number,
  contenders: Readonly<Record<string, Contender>>,
): Promise<Rounds> {
  const times: Record<string, number[]> = {}
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      contender.before?.()
      const start = performance.now()
      await contender.run()
      const ms = performance.now() - start
      await contender.after?.()
      if (round >= 0) (times[name] ??= []).push(ms)
    }
  }
  return times
}

/** A contender that runs `work` several times without a pause. */
export function repeated(count: number, work: () => unknown): Contender {
  return {
    run() {
      for (let i = 0; i < count; i++) work()
      return undefined
    },
  }
}

/** The middle of all rounds' ratios of `slow` to `fast`: how many times faster `fast` did the same work. */
export function speedup(times: Rounds, fast: string, slow: string): number {
  const slowMs = times[slow] ?? []
  return median((times[fast] ?? []).map((ms, round) => (slowMs[round] ?? NaN) / ms))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
