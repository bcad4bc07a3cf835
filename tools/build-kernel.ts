/**
 * Builds the Reed-Solomon kernels from `src/core/ces/kernel/assembly` and writes them as base64 into a module, so that no
 * worker has to fetch them. With `--check` it writes nothing and fails when what is committed is not, byte for byte, what the
 * source gives: the versions of compiler and optimiser are pinned, so it must be.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as asc from 'assemblyscript/asc'
import { format, resolveConfig } from 'prettier'

const sourceUrl = new URL('../src/core/ces/kernel/assembly/reed-solomon.ts', import.meta.url)
const builtUrl = new URL('../src/core/ces/kernel/built.ts', import.meta.url)

/** No runtime, no bounds checks of its own, no memory of its own: WebAssembly's memory bounds are the guard. */
const flags = ['--runtime', 'stub', '--noAssert', '-O3', '--converge', '--enable', 'simd']

async function compile(moreFlags: readonly string[]): Promise<string> {
  const source = await readFile(sourceUrl, 'utf8')
  let wasm: Uint8Array | undefined
  const stderr = asc.createMemoryStream()
  const { error } = await asc.main(['reed-solomon.ts', '--outFile', 'kernel.wasm', ...flags, ...moreFlags], {
    readFile: (name) => (name === 'reed-solomon.ts' ? source.replaceAll('\r\n', '\n') : null),
    writeFile: (name, contents) => {
      if (name === 'kernel.wasm' && typeof contents !== 'string') wasm = contents
    },
    listFiles: () => [],
    stderr,
  })
  if (error !== null) throw new Error(`the kernel does not compile:\n${stderr.toString()}`, { cause: error })
  if (wasm === undefined) throw new Error('the compiler gave no module')
  return Buffer.from(wasm).toString('base64')
}

async function built(): Promise<string> {
  const text = `/** Made by \`npm run build:kernel\` from assembly/reed-solomon.ts; the test gate builds it again and compares. */

/** For engines with relaxed SIMD: WebAssembly, base64. */
export const relaxedSimdWasm =
  '${await compile(['--enable', 'relaxed-simd'])}'

/** For engines with SIMD: WebAssembly, base64. */
export const simdWasm =
  '${await compile([])}'
`
  const path = fileURLToPath(builtUrl)
  return await format(text, { ...(await resolveConfig(path)), filepath: path })
}

const text = await built()
if (!process.argv.includes('--check')) await writeFile(builtUrl, text)
else if ((await readFile(builtUrl, 'utf8')).replaceAll('\r\n', '\n') !== text) {
  console.error('src/core/ces/kernel/built.ts is not what its source gives: run npm run build:kernel')
  process.exit(1)
}
