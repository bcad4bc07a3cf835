import { fileIdPattern, filePath, maxChunkBytes, type FromPage, type FromWorker } from './api.ts'
import { fileHead, noFileHead, type FileFacts } from './file-head.ts'
import { askedRange } from './range.ts'

/** A page answers at once whether a file is its own, even when hidden. */
const ownerTimeoutMs = 5_000

/** What answering needs of the worker. */
export interface FileStreamComponents {
  /** Every window of ours, controlled or not. */
  readonly windows: () => Promise<
    readonly { postMessage(message: unknown, transfer: Transferable[]): void }[]
  >
  /** Streams that run, so that a page can learn of one that was lost. */
  readonly running: Set<string>
  readonly newId: () => string
}

/** A request as far as it matters here. */
interface FileRequest {
  readonly url: string
  readonly headers: { get(name: string): string | null }
}

/** The id in an address of {@link filePath}, or undefined for any other. */
export function fileOf(url: URL): string | undefined {
  if (!url.pathname.startsWith(filePath)) return undefined
  const id = url.pathname.slice(filePath.length).split('/', 1)[0] ?? ''
  return fileIdPattern.test(id) ? id : ''
}

/** Answers a request for a file that some page gives out (FI-40); 404 when none does. */
export async function answerFile(components: FileStreamComponents, request: FileRequest): Promise<Response> {
  const stream = components.newId()
  // Before anybody hears of it: the owner may ask about it at once.
  components.running.add(stream)
  const onEnd = (): void => void components.running.delete(stream)
  const file = fileOf(new URL(request.url))
  const owner = file === undefined || file === '' ? undefined : await findOwner(components, file, stream)
  const facts = await owner?.head()
  if (owner === undefined || facts === undefined) {
    onEnd()
    return new Response(null, noFileHead)
  }
  const asked = askedRange(request.headers.get('range'), facts.sizeBytes)
  const head = fileHead(facts, asked)
  if (head.status === 416) {
    onEnd()
    owner.end('dropped')
    return new Response(null, head)
  }
  const [start, end] =
    head.status === 206 && asked.kind === 'part' ? [asked.start, asked.end] : [0, facts.sizeBytes]
  return new Response(bodyOf(owner, start, end, onEnd), head)
}

/** Bytes pulled from the page as the browser takes them, so that neither side gathers any. */
function bodyOf(owner: Owner, start: number, end: number, onEnd: () => void): ReadableStream<Uint8Array> {
  let at = start
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Only the pull after the last byte proves that the browser took it.
        if (at === end) {
          onEnd()
          owner.end('whole')
          controller.close()
          return
        }
        const bytes = await owner.read(at, Math.min(at + maxChunkBytes, end))
        if (bytes === undefined) {
          onEnd()
          controller.error(new TypeError('the file ended early'))
          return
        }
        at += bytes.byteLength
        controller.enqueue(bytes)
      },
      cancel() {
        onEnd()
        owner.end('dropped')
      },
    },
    { highWaterMark: 0 },
  )
}

/** Asks every window at once; the first that says "mine" is the owner. */
async function findOwner(
  { windows }: FileStreamComponents,
  file: string,
  stream: string,
): Promise<Owner | undefined> {
  const asked = (await windows()).map((window) => {
    const { port1, port2 } = new MessageChannel()
    const owner = new Owner(port1)
    window.postMessage({ type: 'file:wanted', file, stream }, [port2])
    return owner
  })
  const owners = asked.map(async (owner) => {
    if (!(await owner.isMine())) throw new TypeError('not the owner')
    return owner
  })
  const found = await Promise.any(owners).catch(() => undefined) // nobody's
  for (const owner of asked) if (owner !== found) owner.close()
  return found
}

/** One window's end of one request. */
class Owner {
  readonly #port: MessagePort
  #next: ((message: FromPage | undefined) => void) | undefined
  readonly #early: FromPage[] = []

  constructor(port: MessagePort) {
    this.#port = port
    port.onmessage = ({ data }: MessageEvent<FromPage>) => this.#take(data)
    // A page that was closed says nothing more; engines without this event leave the browser to give up.
    port.addEventListener('close', () => this.#take({ type: 'failed' }))
  }

  #take(message: FromPage): void {
    const next = this.#next
    this.#next = undefined
    if (next === undefined) this.#early.push(message)
    else next(message)
  }

  async isMine(): Promise<boolean> {
    return (await this.#receive(ownerTimeoutMs))?.type === 'mine'
  }

  /** Waits as long as the page has nothing to give yet; undefined when it never will. */
  async head(): Promise<FileFacts | undefined> {
    const message = await this.#receive()
    return message?.type === 'head' ? message : undefined
  }

  /** The next bytes from `start` on, or undefined when the page has failed. */
  async read(start: number, end: number): Promise<Uint8Array | undefined> {
    this.#send({ type: 'read', start, end })
    const message = await this.#receive()
    if (message?.type !== 'chunk') return undefined
    const bytes = new Uint8Array(message.bytes)
    if (bytes.byteLength > 0 && bytes.byteLength <= end - start) return bytes
    this.end('dropped')
    return undefined
  }

  end(how: 'whole' | 'dropped'): void {
    this.#send({ type: 'ended', how })
    this.close()
  }

  close(): void {
    this.#port.close()
  }

  #send(message: FromWorker): void {
    this.#port.postMessage(message)
  }

  #receive(timeoutMs?: number): Promise<FromPage | undefined> {
    const early = this.#early.shift()
    if (early !== undefined) return Promise.resolve(early)
    return new Promise((resolve) => {
      this.#next = resolve
      if (timeoutMs === undefined) return
      setTimeout(() => {
        if (this.#next !== resolve) return
        this.#next = undefined
        resolve(undefined)
      }, timeoutMs)
    })
  }
}
