import { maxInvitesPerMinute } from '../../src/core/calls/constants.ts'
import { bar, median, pause, spread } from './figures.ts'
import { PeopleInRoom, type Person } from './people.ts'

const rounds = 20
const limitMs = 500
/** Nobody accepts sooner; the caller's devices open meanwhile. */
const ringMs = 1_000
/** The call before lets go of devices and connections meanwhile. */
const settleMs = 500

interface Accepted {
  readonly calleeMs: number
  readonly callerMs: number
}

async function round(caller: Person, callee: Person): Promise<Accepted> {
  await caller.ring(callee)
  await pause(ringMs)
  const drawnAtCaller = await caller.watch(1)
  const { pressedAt, ms } = await callee.pressAndSee('Accept with video', 1)
  const callerMs = (await drawnAtCaller()) - pressedAt
  await callee.press('Hang up')
  for (const one of [caller, callee]) {
    await one.press('Close')
    await one.isIdle()
  }
  return { calleeMs: ms, callerMs }
}

/**
 * From "accept" to the caller's picture on the screen of who accepted, over fresh rings between two tabs that stay. The devices of
 * who accepts open within it. Beside it stands a bare pair of connections within one of the tabs, its camera open before.
 */
export async function measureAccept(): Promise<boolean> {
  const room = await PeopleInRoom.open(2)
  try {
    const [ann, ben] = room.people as [Person, Person]
    await round(ann, ben) // loads what calls are made of
    await round(ben, ann)
    const startedAt: number[] = []
    const accepted: Accepted[] = []
    const bare: number[] = []
    for (let i = 0; i < rounds; i++) {
      await pause(settleMs)
      // More rings of one person in a minute are turned away; the two take turns, and one ring each went before.
      const earliest = (startedAt[i - 2 * (maxInvitesPerMinute - 1)] ?? -Infinity) + 61_000
      await pause(Math.max(0, earliest - performance.now()))
      bare.push(await ann.barePair())
      startedAt.push(performance.now())
      accepted.push(await (i % 2 === 0 ? round(ann, ben) : round(ben, ann)))
    }
    const callee = accepted.map(({ calleeMs }) => calleeMs)
    console.log(`accept to picture, who accepted: n ${String(rounds)}, ${spread(callee)}`)
    console.log(`accept to picture, who called: ${spread(accepted.map(({ callerMs }) => callerMs))}`)
    console.log(`bare pair of connections to picture: ${spread(bare)}`)
    const ratio = (median(callee) / median(bare)).toFixed(2)
    const figure = `median ${median(callee).toFixed(0)} ms, ${ratio} of a bare pair`
    return bar('accept to first picture', figure, median(callee) <= limitMs, `at most ${String(limitMs)} ms`)
  } finally {
    await room.close()
  }
}
