/**
 * Does a long call leave anything behind?
 *
 * Three people in a call, each in a window of their own, on the built app behind the built relay. Their heaps are read again and
 * again, everything that can be collected being collected before: what is in use after the first quarter of the time is what later
 * figures are held against, each figure the median of three readings. Then one of them leaves and joins again, many times, and
 * peer connections are counted on every side before and after: those that are open, and those that are closed but still held.
 *
 * Fails (exit 1) when a heap grows by 5 % or more after the first quarter, or a count is higher than before the rounds. Options:
 * `--minutes=N` (20), `--rounds=N` (50). Needs `npm run build` before.
 */
import { parseArgs } from 'node:util'
import { bar, median, pause } from './call/figures.ts'
import { PeopleInRoom, type Person } from './call/people.ts'

const mostGrowth = 0.05
/** Readings over the whole time; a quarter of them lies before the first that counts. */
const readings = 40
/** A reading is the middle of so many: what is being done in a moment is in use, though it does not stay. */
const window = 3
/** How long the last connections have to be let go of, once the rounds are over. */
const collectMs = 20_000

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '20' }, rounds: { type: 'string', default: '50' } },
})
const minutes = Number(values.minutes)
const rounds = Number(values.rounds)

async function heapsOf(people: readonly Person[]): Promise<number[]> {
  const bytes: number[] = []
  for (const one of people) bytes.push(await one.heapBytes())
  return bytes
}

/** Sits in the call and reads heaps; true when none grows too much. */
async function sit(people: readonly Person[]): Promise<boolean> {
  const read: number[][] = []
  const startedAt = performance.now()
  for (let i = 1; i <= readings; i++) {
    await pause(startedAt + (minutes * 60_000 * i) / readings - performance.now())
    const heaps = await heapsOf(people)
    read.push(heaps)
    const words = heaps.map((bytes) => (bytes / 1e6).toFixed(2)).join(' ')
    console.log(`  ${((minutes * i) / readings).toFixed(1)} min: heaps ${words} MB`)
  }
  let holds = true
  for (const [i, one] of people.entries()) {
    const heaps = read.map((all) => all[i] ?? NaN)
    const quarter = readings / 4
    const before = median(heaps.slice(quarter - 1, quarter - 1 + window))
    const growth = median(heaps.slice(-window)) / before - 1
    const figure = `${(growth * 100).toFixed(1)} % of ${(before / 1e6).toFixed(2)} MB`
    const title = `heap growth of ${one.name} after the first quarter`
    holds = bar(title, figure, growth < mostGrowth, 'under 5 %') && holds
  }
  return holds
}

/** The counts of a page once they are as low as before, or after a while as they are then. */
async function countsOf(one: Person, before?: Counts): Promise<Counts> {
  const giveUpAt = performance.now() + collectMs
  for (;;) {
    await one.heapBytes() // collects
    const now = await one.connections()
    const isLow = before === undefined || (now.open <= before.open && now.held <= before.held)
    if (isLow || performance.now() > giveUpAt) return now
    await pause(1_000)
  }
}

type Counts = Awaited<ReturnType<Person['connections']>>

/** One leaves and joins again and again; true when no page has more connections than before. */
async function comeAndGo(people: readonly Person[], mover: Person): Promise<boolean> {
  const others = people.length - 1
  // Once before counting: what a first round loads and keeps is no leak.
  await mover.hangUp()
  await mover.joinCall('Join the call', others)
  const before: Counts[] = []
  for (const one of people) before.push(await countsOf(one))
  for (let i = 0; i < rounds; i++) {
    await mover.hangUp()
    await mover.joinCall('Join the call', others)
  }
  let holds = true
  for (const [i, one] of people.entries()) {
    const then = before[i] ?? { open: 0, held: 0 }
    const now = await countsOf(one, then)
    const figure = `open ${String(now.open)}, closed but held ${String(now.held)}`
    const wanted = `at most ${String(then.open)} and ${String(then.held)}, as before`
    const isClean = now.open <= then.open && now.held <= then.held
    holds = bar(`connections of ${one.name} after ${String(rounds)} rounds`, figure, isClean, wanted) && holds
  }
  return holds
}

const room = await PeopleInRoom.open(3)
try {
  const { people } = room
  for (const [i, one] of people.entries())
    await one.joinCall(i === 0 ? 'Start a call in this room' : 'Join the call', i)
  const mover = people.at(-1)
  if (mover === undefined) throw new Error('three people were let in')
  const isLean = await sit(people)
  const isClean = await comeAndGo(people, mover)
  process.exitCode = isLean && isClean ? 0 : 1
} finally {
  await room.close()
}
