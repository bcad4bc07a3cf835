import { spawnSync } from 'node:child_process'

/** Every gate in the order that fails soonest; the first failure ends the run with its exit code. */
const gates = [
  ['browser', 'ensure-browser'],
  ['types', 'typecheck'],
  ['lint', 'lint'],
  ['format', 'format:check'],
  ['dead code', 'knip'],
  ['kernel from source', 'check:kernel'],
  ['unit', 'test:unit'],
  ['browser mode', 'test:browser'],
  ['build', 'build'],
  ['size', 'size'],
  ['end to end', 'test:e2e'],
] as const

for (const [title, script] of gates) {
  const started = Date.now()
  console.log(`\n== ${title} (npm run ${script})`)
  const result = spawnSync(`npm run --silent ${script}`, { stdio: 'inherit', shell: true })
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  if (result.status !== 0) {
    console.error(`== ${title} failed after ${seconds} s`)
    process.exit(result.status ?? 1)
  }
  console.log(`== ${title} passed in ${seconds} s`)
}
