/**
 * How fast does opening a link become a direct connection on a line that is far away? Where `bench:join` finds what the processor takes, this finds round
 * trips: the newcomer's host stands behind a wire that holds every packet back for 25 ms each way.
 *
 * Prints the median of eight joins, each in a fresh profile. There is no bar: the figure is for comparing two builds. Linux as root, or where
 * namespaces are allowed. Needs `npm run build` before.
 */
import { fileURLToPath } from 'node:url'
import { runIsolated } from '../lab/lab.ts'

const code = await runIsolated(fileURLToPath(new URL('behind-wire.ts', import.meta.url)))
if (code === undefined) console.error('network namespaces are not allowed here: nothing was measured')
process.exitCode = code ?? 1
