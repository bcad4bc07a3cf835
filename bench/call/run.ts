/**
 * How fast do calls come up, and what do they cost?
 *
 * The built app behind the built relay, in one browser that nothing watches: a window and a profile for each person, fake devices.
 * Times are counted inside the page, from the press to pictures that are drawn.
 *
 * Fails (exit 1) when a bar is missed: accept to picture over 500 ms (median of 20), join of a call of three to all pictures over
 * 1,500 ms (median of 9), six tabs, one of them seen, with adaptation lose 1 % of sound or draw a visible tile less than 5
 * times a second.
 * Options: `--only=accept|join|load`, `--tabs=2|4|6` for one size of the last. Linux only: processor times are read from /proc. Needs `npm run build` before.
 */
import { parseArgs } from 'node:util'
import { measureAccept } from './accept.ts'
import { measureJoin } from './join.ts'
import { loadSizes, measureLoad } from './load.ts'

const { values } = parseArgs({ options: { only: { type: 'string' }, tabs: { type: 'string' } } })
const sizes = values.tabs === undefined ? loadSizes : [Number(values.tabs)]
const parts = { accept: measureAccept, join: measureJoin, load: () => measureLoad(sizes) }
const chosen = Object.entries(parts).filter(([name]) => values.only === undefined || name === values.only)
if (chosen.length === 0) throw new Error(`--only is one of ${Object.keys(parts).join(', ')}`)
let holds = true
for (const [, measure] of chosen) holds = (await measure()) && holds
process.exitCode = holds ? 0 : 1
