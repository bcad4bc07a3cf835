import { bar, median, pause, spread } from './figures.ts'
import { PeopleInRoom } from './people.ts'

const rounds = 9
const limitMs = 1_500
const settleMs = 1_000

/** From "Join now", the preview being open, to the pictures of all three who are in the call. */
export async function measureJoin(): Promise<boolean> {
  const room = await PeopleInRoom.open(4)
  try {
    const [first, ...others] = room.people
    const last = others.pop()
    await first?.joinCall('Start a call in this room', 0)
    for (const [i, one] of others.entries()) await one.joinCall('Join the call', i + 1)
    const times: number[] = []
    for (let i = 0; i <= rounds && last !== undefined; i++) {
      await pause(settleMs)
      const ms = await last.joinCall('Join the call', 3)
      if (i > 0) times.push(ms) // the first loads what calls are made of
      await pause(settleMs)
      await last.hangUp()
    }
    console.log(`join to three pictures: n ${String(times.length)}, ${spread(times)}`)
    const figure = `median ${median(times).toFixed(0)} ms`
    return bar('join to all pictures', figure, median(times) <= limitMs, `at most ${String(limitMs)} ms`)
  } finally {
    await room.close()
  }
}
