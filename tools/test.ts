import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** A title and the npm script behind it. */
type Gate = readonly [title: string, script: string]

/** What only reads the sources: as many at once as there are processors. */
const checks: readonly Gate[] = [
  ['types', 'typecheck'],
  ['lint', 'lint'],
  ['format', 'format:check'],
  ['dead code', 'knip'],
  ['kernel from source', 'check:kernel'],
]

/** One after the other: each may need the whole machine. */
const tests: readonly Gate[] = [
  ['unit', 'test:unit'],
  ['browser mode', 'test:browser'],
  ['build', 'build'],
  ['size', 'size'],
  ['end to end', 'test:e2e'],
  ['calls through NATs', 'test:nat'],
]

/** Runs a gate; what it prints is shown at its end when others run beside it. Ends this process with its exit code when it fails. */
async function pass([title, script]: Gate, isAlone: boolean): Promise<void> {
  const started = Date.now()
  if (isAlone) console.log(`\n== ${title} (npm run ${script})`)
  const child = spawn(`npm run --silent ${script}`, { stdio: isAlone ? 'inherit' : 'pipe', shell: true })
  const output: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => output.push(chunk))
  const code = await new Promise<number>((resolve) => child.once('close', (exit) => resolve(exit ?? 1)))
  process.stdout.write(Buffer.concat(output))
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  if (code !== 0) {
    console.error(`== ${title} failed after ${seconds} s`)
    process.exit(code)
  }
  console.log(`== ${title} passed in ${seconds} s`)
}

await pass(['browser', 'ensure-browser'], true)
const waiting = [...checks]
const inTurn = async (): Promise<void> => {
  for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) await pass(gate, false)
}
await Promise.all(Array.from({ length: availableParallelism() }, inTurn))
for (const gate of tests) await pass(gate, true)
