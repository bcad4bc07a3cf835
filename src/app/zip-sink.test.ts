import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { MemorySink, randomBytes } from '../core/files/testing/party.ts'
import { zipBytes, ZipWriter } from './zip-sink.ts'

const entries = [
  { path: ['a.txt'], sizeBytes: 5 },
  { path: ['dir', 'über 🧩.bin'], sizeBytes: 300_000 },
  { path: ['dir', 'empty'], sizeBytes: 0 },
]

describe('a folder as one zip', () => {
  it('FI-45: has exactly the length that was foretold, and every file in its place', async () => {
    const sink = new MemorySink()
    const zip = new ZipWriter(sink)
    for (const [i, entry] of entries.entries()) {
      const one = zip.entry(entry)
      const bytes = randomBytes(entry.sizeBytes, i + 1)
      for (let at = 0; at < bytes.byteLength; at += 100_000) await one.write(bytes.slice(at, at + 100_000))
      await one.close()
    }
    await zip.close()
    expect(sink.state).toBe('closed')
    expect(sink.bytes().byteLength).toBe(zipBytes(entries))
    const files = unzipSync(sink.bytes())
    expect(Object.keys(files)).toEqual(entries.map(({ path }) => path.join('/')))
    expect(files['dir/über 🧩.bin']).toEqual(randomBytes(300_000, 2))
  })

  it('FI-45: is refused when a plain zip cannot be so large', () => {
    expect(() => zipBytes([{ path: ['x'], sizeBytes: 2 ** 32 }])).toThrow('expected at most 4294967295 bytes')
  })

  it('ends its sink when one file fails', async () => {
    const sink = new MemorySink()
    const zip = new ZipWriter(sink)
    await zip.entry({ path: ['x'] }).write(new Uint8Array(3))
    await zip.abort(new Error('gone'))
    expect(sink.state).toBe('aborted')
  })
})
