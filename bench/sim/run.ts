/**
 * Do files outlive the people who come and go? (`npm run sim:durability`)
 *
 * Rooms in virtual time whose placement, thresholds, repair plans, turns, audits and risk are the product's own code
 * (`src/core/files`); links, disks and the work of repair take time and nothing else. Every run repeats for its seed. Ends with 1
 * when a bar does not hold.
 *
 * `--seed=N` begins elsewhere; `--part=F` makes every run that much shorter (0 < F ≤ 1).
 */
import { parseArgs } from 'node:util'
import { ChurnSim } from '../../src/core/files/testing/churn-sim.ts'
import type { ChurnInit, ChurnResult } from '../../src/core/files/testing/churn.ts'
import { hypergeometricPart, survivingPart, type ExodusInit } from './leave-at-once.ts'

const { values } = parseArgs({ options: { seed: { type: 'string' }, part: { type: 'string' } } })
const firstSeed = Number(values.seed ?? 1)
const part = Number(values.part ?? 1)
if (!Number.isSafeInteger(firstSeed) || !(part > 0 && part <= 1)) {
  throw new Error('usage: sim:durability [--seed=whole number] [--part=0 to 1]')
}

let missed = 0
const bar = (holds: boolean, words: string): void => {
  if (!holds) missed++
  console.log(`  ${holds ? 'holds ' : 'MISSED'} ${words}`)
}

const room: Omit<ChurnInit, 'seed'> = {
  ...{ people: 20, files: 50, days: 10, leavingPerHour: 0.3, returning: 0, rottingPerHour: 0.01 },
  ...{ detectMs: 60_000, repairMs: 180_000, leavers: 'awaited' },
}

/** Several rooms of the same kind, each with its own seed. */
function rooms(title: string, change: Partial<ChurnInit>, count: number): ChurnResult {
  const seeds = Array.from({ length: Math.max(1, Math.round(count * part)) }, (_, i) => firstSeed + i)
  console.log(`\n${title} (seeds ${seeds[0]} to ${seeds.at(-1)})`)
  let sum: ChurnResult | undefined
  for (const seed of seeds) {
    const result = new ChurnSim({ ...room, ...change, seed }).run()
    sum = sum === undefined ? result : added(sum, result)
  }
  if (sum === undefined) throw new Error('no room was run')
  console.log(
    `  ${Object.entries(sum)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  )
  return sum
}

const perDay = (count: number, { fileDays }: ChurnResult): string => (count / fileDays).toFixed(1)

const churn = rooms('20 people, 4 of 12, 30 % leave for good in an hour, repaired in 3 minutes', {}, 20)
bar(churn.lost === 0, `0 of ${churn.fileDays} file-days lost: ${churn.lost}`)
console.log(
  `  ${perDay(churn.rebuiltColumns, churn)} columns rebuilt a file and day; ${churn.found} of ${churn.rotted} rotten holdings found by audits`,
)

const harsh = rooms('the same, but a repair takes an hour', { repairMs: 3_600_000, days: 2 }, 20)
bar(
  harsh.lost > 0 && harsh.lostUnwarned === 0,
  `every loss was told as a risk before: ${harsh.lostUnwarned} of ${harsh.lost} were not`,
)

const back = { returning: 0.9, rottingPerHour: 0, days: 5 }
const awaited = rooms('90 % of leavers return within 8 minutes, and are awaited', back, 4)
const lost = rooms('they count as lost until they are back', { ...back, leavers: 'lost' }, 4)
const writtenOff = rooms(
  'they are written off, whatever they bring back',
  { ...back, leavers: 'written-off' },
  4,
)
const fewer = (than: ChurnResult): number =>
  1 - awaited.repairs / awaited.fileDays / (than.repairs / than.fileDays)
bar(
  fewer(writtenOff) >= 0.7,
  `repairs saved by waiting: ${percent(fewer(writtenOff))} of ${perDay(writtenOff.repairs, writtenOff)} a file and day`,
)
console.log(
  `  of those of a room that lets them count again when back: ${percent(fewer(lost))} of ${perDay(lost.repairs, lost)}`,
)

console.log('\na part of the room leaves in one second, nobody warned')
for (const [people, leaving] of [
  [16, 8],
  [16, 10],
  [20, 10],
  [24, 12],
  [40, 20],
] as const) {
  const init: ExodusInit = { seed: firstSeed, people, leaving, files: Math.round(20_000 * part) }
  const [seen, expected] = [survivingPart(init), hypergeometricPart(init)]
  bar(
    Math.abs(seen - expected) <= 0.02,
    `${leaving} of ${people}: ${percent(seen)} survive, by the hypergeometric figure ${percent(expected)}`,
  )
}
console.log(`\n${missed === 0 ? 'all bars hold' : `${missed} bars missed`}`)
process.exitCode = missed === 0 ? 0 : 1

function added(one: ChurnResult, other: ChurnResult): ChurnResult {
  const sum: { -readonly [Name in keyof ChurnResult]: number } = { ...one }
  for (const name of Object.keys(sum) as (keyof ChurnResult)[]) sum[name] += other[name]
  return sum
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`
}
