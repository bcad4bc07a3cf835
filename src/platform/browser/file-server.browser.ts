import { describe, expect, it } from 'vitest'
import { equalBytes } from '../../core/base/bytes.ts'
import { ManualClock } from '../../core/base/testing/manual-clock.ts'
import type { ServedFile } from '../../app/file-server.ts'
import { answerFile } from '../../service-worker/file-stream.ts'
import { WorkerFileServer } from './file-server.ts'

const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 241)

/** The browser's worker, as far as a page meets it; the worker's own code runs behind it. */
class Workers extends EventTarget {
  readonly running = new Set<string>()
  pings = 0
  readonly controller = {
    postMessage: ({ streams }: { streams: readonly string[] }, [port]: MessagePort[]) => {
      this.pings++
      port?.postMessage({ lost: streams.filter((stream) => !this.running.has(stream)) })
    },
  }
  async ask(url: string, range: string | null = null): Promise<Response> {
    const page = {
      postMessage: (data: unknown, ports: Transferable[]) =>
        void this.dispatchEvent(new MessageEvent('message', { data, ports: ports as MessagePort[] })),
    }
    const request = { url: new URL(url, location.href).href, headers: { get: () => range } }
    const components = {
      windows: async () => [page],
      running: this.running,
      newId: () => crypto.randomUUID(),
    }
    return await answerFile(components, request)
  }
}

function serving(file: Partial<ServedFile> = {}) {
  const workers = new Workers()
  const clock = new ManualClock()
  const server = new WorkerFileServer(workers as unknown as ServiceWorkerContainer, clock) // the part that is used
  const ended: string[] = []
  const served = server.serve({
    ...{ name: 'a.webm', mediaType: 'video/webm', sizeBytes: bytes.byteLength, isDownload: false },
    read: async (start, end) => bytes.slice(start, end),
    ended: (how) => ended.push(how),
    ...file,
  })
  return { workers, clock, served, ended }
}

describe('the file server of a page', () => {
  it('FI-40: gives its file to the worker as the browser takes it, whole or in part', async () => {
    const { workers, served, ended } = serving()
    const whole = await workers.ask(served.url)
    expect(equalBytes(new Uint8Array(await whole.arrayBuffer()), bytes)).toBe(true)
    const part = await workers.ask(served.url, 'bytes=2000000-')
    expect(equalBytes(new Uint8Array(await part.arrayBuffer()), bytes.slice(2_000_000))).toBe(true)
    await expect.poll(() => ended).toEqual(['whole', 'whole'])
  })

  it('FI-40: an address that was taken back is not answered, and what streams then breaks off', async () => {
    const { workers, served, ended } = serving({
      read: async (start, end) => (start === 0 ? bytes.slice(0, end) : await new Promise<never>(() => {})),
    })
    const running = await workers.ask(served.url)
    const body = running.arrayBuffer()
    body.catch(() => undefined) // met below
    served.stop()
    await expect(body).rejects.toThrow()
    expect(ended).toEqual(['lost'])
    expect((await workers.ask(served.url)).status).toBe(404)
  })

  it('FI-40: a reader that leaves ends the read that is under way for it', async () => {
    let aborted = false
    const { workers, served, ended } = serving({
      read: (_start, _end, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true
            reject(new Error('aborted'))
          })
        }),
    })
    const reader = (await workers.ask(served.url)).body?.getReader()
    const read = reader?.read()
    await reader?.cancel()
    await read
    await expect.poll(() => aborted).toBe(true)
    expect(ended).toEqual(['dropped'])
  })

  it('FI-41: speaks to the worker every 10 s, and a stream that it does not know any more is lost', async () => {
    const { workers, clock, served, ended } = serving()
    const reader = (await workers.ask(served.url)).body?.getReader()
    await clock.advance(10_000)
    await expect.poll(() => workers.pings).toBeGreaterThan(1)
    expect(ended).toEqual([])
    workers.running.clear()
    await clock.advance(10_000)
    await expect.poll(() => ended).toEqual(['lost'])
    await expect(reader?.read()).rejects.toThrow()
  })

  it('FI-40: waits with the head until there is something to give', async () => {
    let go = (): void => {}
    const { workers, served } = serving({ ready: () => new Promise((resolve) => (go = resolve)) })
    let answered = false
    const answer = workers.ask(served.url).then((response) => {
      answered = true
      return response
    })
    await expect.poll(() => workers.running.size).toBe(1)
    expect(answered).toBe(false)
    go()
    expect((await answer).status).toBe(200)
  })
})
