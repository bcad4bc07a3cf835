/** A process for tests that claims a slot of a data folder, says which, and holds it until it is killed. */
import { SocketSlots } from '../slots.ts'

const [, , path = ''] = process.argv
const { slot } = await new SocketSlots(path).claim()
process.stdout.write(String(slot))
process.stdin.resume() // a slot by itself keeps no process alive
