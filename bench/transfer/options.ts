import { parseArgs } from 'node:util'

/** What the transfer bench was asked for. */
export interface TransferOptions {
  readonly sizeBytes: number
  readonly rounds: number
  readonly hasDelay: boolean
}

/** Reads the command line; the isolated part of the bench inherits it by the environment. */
export function options(): TransferOptions {
  const { values } = parseArgs({
    options: { size: { type: 'string' }, rounds: { type: 'string' }, 'no-delay': { type: 'boolean' } },
  })
  process.env['BENCH_SIZE_MB'] = values.size ?? process.env['BENCH_SIZE_MB'] ?? '256'
  process.env['BENCH_ROUNDS'] = values.rounds ?? process.env['BENCH_ROUNDS'] ?? '3'
  return {
    sizeBytes: Number(process.env['BENCH_SIZE_MB']) * 1_000_000,
    rounds: Number(process.env['BENCH_ROUNDS']),
    hasDelay: values['no-delay'] !== true,
  }
}
