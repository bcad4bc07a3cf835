import { parseArgs } from 'node:util'

/** What the transfer bench was asked for. */
export interface TransferOptions {
  /** The file that is fetched from one holder. */
  readonly sizeBytes: number
  /** The files fetched from several holders; half of it behind a wire, which is slower. */
  readonly smallBytes: number
  /** Of the first part, whose two sides both swing by half from round to round; the other parts take a third of them. */
  readonly rounds: number
  readonly fewRounds: number
  readonly hasDelay: boolean
}

/** Reads the command line; the isolated part of the bench inherits it by the environment. */
export function options(): TransferOptions {
  const { values } = parseArgs({
    options: {
      ...{ size: { type: 'string' }, small: { type: 'string' }, rounds: { type: 'string' } },
      'no-delay': { type: 'boolean' },
    },
  })
  const number = (name: string, given: string | undefined, usual: number): number => {
    const text = given ?? process.env[name] ?? String(usual)
    process.env[name] = text
    return Number(text)
  }
  const rounds = number('BENCH_ROUNDS', values.rounds, 9)
  return {
    sizeBytes: number('BENCH_SIZE_MB', values.size, 256) * 1_000_000,
    smallBytes: number('BENCH_SMALL_MB', values.small, 64) * 1_000_000,
    rounds,
    fewRounds: Math.ceil(rounds / 3),
    hasDelay: values['no-delay'] !== true,
  }
}
