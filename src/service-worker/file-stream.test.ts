import { describe, expect, it } from 'vitest'
import { equalBytes } from '../core/base/bytes.ts'
import { filePath, type FileWanted, type FromPage, type FromWorker } from './api.ts'
import { answerFile, fileOf } from './file-stream.ts'

const id = 'abcdefghijklmnopqrstuv'
const origin = 'https://tessera.example'
const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => i % 251)

/** A page that gives out one file, as far as `answer` lets it. */
class Page {
  readonly heard: (FromWorker | FileWanted)[] = []
  readonly #answer: (message: FromWorker | FileWanted) => FromPage | readonly FromPage[] | undefined

  constructor(answer: (message: FromWorker | FileWanted) => FromPage | readonly FromPage[] | undefined) {
    this.#answer = answer
  }
  postMessage(message: unknown, [port]: Transferable[]): void {
    const end = port as MessagePort
    const say = (heard: FromWorker | FileWanted): void => {
      this.heard.push(heard)
      for (const answer of [this.#answer(heard) ?? []].flat()) end.postMessage(answer)
    }
    end.onmessage = ({ data }: MessageEvent<FromWorker>) => say(data)
    say(message as FileWanted)
  }
}

const head = { name: 'a.webm', mediaType: 'video/webm', sizeBytes: bytes.byteLength, isDownload: false }

function owner(read: (start: number, end: number) => FromPage = chunk): Page {
  return new Page((message) => {
    if (message.type === 'file:wanted')
      return message.file === id ? [{ type: 'mine' }, { type: 'head', ...head }] : { type: 'unknown' }
    return message.type === 'read' ? read(message.start, message.end) : undefined
  })
}

function chunk(start: number, end: number): FromPage {
  return { type: 'chunk', bytes: bytes.slice(start, end).buffer }
}

function ask(pages: readonly Page[], path = `${filePath}${id}/a.webm`, range: string | null = null) {
  const running = new Set<string>()
  const request = { url: origin + path, headers: { get: () => range } }
  const windows = () => Promise.resolve(pages)
  return { running, answer: answerFile({ windows, running, newId: () => 'stream' }, request) }
}

describe('a streamed file', () => {
  it('FI-40: comes from the page whose file it is, piece by piece, and the page hears that all of it was taken', async () => {
    const page = owner()
    const { running, answer } = ask([owner(() => ({ type: 'failed' })), page].slice(1))
    const response = await answer
    expect(running.has('stream')).toBe(true)
    expect(equalBytes(new Uint8Array(await response.arrayBuffer()), bytes)).toBe(true)
    expect(running.has('stream')).toBe(false)
    await expect.poll(() => page.heard.at(-1)).toEqual({ type: 'ended', how: 'whole' })
    expect(page.heard.filter(({ type }) => type === 'read')).toHaveLength(3)
  })
  it('FI-40: other windows are asked and passed over', async () => {
    const stranger = new Page(() => ({ type: 'unknown' }))
    const response = await ask([stranger, owner()]).answer
    expect(response.status).toBe(200)
    expect((await response.arrayBuffer()).byteLength).toBe(bytes.byteLength)
  })
  it('FI-43: a range gives its bytes only', async () => {
    const response = await ask([owner()], undefined, 'bytes=1000-1999').answer
    expect(response.status).toBe(206)
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes.slice(1000, 2000))
  })
  it('FI-40: what nobody gives out is not there', async () => {
    const stranger = new Page(() => ({ type: 'unknown' }))
    expect((await ask([stranger]).answer).status).toBe(404)
    expect((await ask([]).answer).status).toBe(404)
    expect((await ask([owner()], `${filePath}../index.html`).answer).status).toBe(404)
    const gone = new Page((message) =>
      message.type === 'file:wanted' ? [{ type: 'mine' }, { type: 'failed' }] : undefined,
    )
    expect((await ask([gone]).answer).status).toBe(404)
  })
  it('FI-40: a page that fails, or gives more than was asked, breaks the answer off', async () => {
    const broken: readonly ((start: number, end: number) => FromPage)[] = [
      (start, end) => (start === 0 ? chunk(start, end) : { type: 'failed' }),
      (start, end) => chunk(start, end + 1),
      () => ({ type: 'chunk', bytes: new ArrayBuffer(0) }),
    ]
    for (const read of broken) {
      const { running, answer } = ask([owner(read)])
      const response = await answer
      await expect(response.arrayBuffer()).rejects.toThrow()
      expect(running.size).toBe(0)
    }
  })
  it('FI-40: a reader that leaves is told to the page', async () => {
    const page = owner()
    const { running, answer } = ask([page])
    const reader = (await answer).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    await expect.poll(() => page.heard.at(-1)).toEqual({ type: 'ended', how: 'dropped' })
    expect(running.size).toBe(0)
  })
})

describe('an address', () => {
  it('is a file’s only below its own path, and only with a whole id', () => {
    expect(fileOf(new URL(`${origin}${filePath}${id}/x`))).toBe(id)
    expect(fileOf(new URL(`${origin}${filePath}short/x`))).toBe('')
    expect(fileOf(new URL(`${origin}/assets/x.js`))).toBeUndefined()
  })
})
