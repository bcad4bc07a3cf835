import { toBase64Url } from '../../core/base/bytes.ts'
import { Emitter } from '../../core/base/events.ts'
import type { Clock } from '../../core/base/clock.ts'
import { AbortError } from '../../core/base/errors.ts'
import type { FileServer, ServedFile } from '../../app/file-server.ts'
import {
  filePath,
  type FileWanted,
  type FromPage,
  type FromWorker,
  type StreamsAlive,
  type StreamsLost,
} from '../../service-worker/api.ts'

/** Firefox ends a worker 30 s after the last event it was given, also in the middle of an answer (FI-41). */
const pingEveryMs = 10_000

/** What runs between the worker and us for one request. */
interface Stream {
  readonly port: MessagePort
  readonly stop: AbortController
  readonly file: ServedFile
}

/**
 * Gives out files at addresses that this tab's service worker answers: for the browser's downloads, and for players that
 * jump about. The worker asks for each piece when the browser takes it, so nothing gathers on the way.
 */
export class WorkerFileServer implements FileServer {
  readonly events = new Emitter<{ 'server:changed': object }>()
  readonly #workers: ServiceWorkerContainer | undefined
  readonly #files = new Map<string, ServedFile>()
  readonly #streams = new Map<string, Stream>()
  readonly #clock: Clock
  #cancelPing: (() => void) | undefined
  #pingedAt = -Infinity

  /** @param workers undefined where the browser has none: private windows of some, plain http */
  constructor(workers: ServiceWorkerContainer | undefined, clock: Clock) {
    this.#workers = workers
    this.#clock = clock
    workers?.addEventListener('controllerchange', () => this.events.emit('server:changed', {}))
    workers?.addEventListener('message', (event: MessageEvent<FileWanted | undefined>) => {
      const [port] = event.ports
      if (event.data?.type === 'file:wanted' && port !== undefined) this.#wanted(event.data, port)
    })
  }

  get isExpected(): boolean {
    return this.#workers !== undefined
  }

  get isReady(): boolean {
    return this.#workers !== undefined && this.#workers.controller !== null
  }

  serve(file: ServedFile): { readonly url: string; stop(): void } {
    const id = toBase64Url(crypto.getRandomValues(new Uint8Array(16)))
    this.#files.set(id, file)
    const stop = (): void => {
      this.#files.delete(id)
      for (const [key, stream] of this.#streams) if (stream.file === file) this.#fail(key)
    }
    return { url: `${filePath}${id}/${encodeURIComponent(file.name)}`, stop }
  }

  #wanted({ file: id, stream: key }: FileWanted, port: MessagePort): void {
    const file = this.#files.get(id)
    if (file === undefined) {
      send(port, { type: 'unknown' })
      port.close()
      return
    }
    const stream: Stream = { port, file, stop: new AbortController() }
    this.#streams.set(key, stream)
    port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'read') void this.#read(key, stream, data.start, data.end)
      else this.#end(key, data.how)
    }
    send(port, { type: 'mine' })
    this.#keepAlive()
    void this.#giveHead(key, stream)
  }

  async #giveHead(key: string, { port, file, stop }: Stream): Promise<void> {
    try {
      await file.ready?.(stop.signal)
      const { name, mediaType, sizeBytes, isDownload } = file
      send(port, { type: 'head', name, mediaType, sizeBytes, isDownload })
    } catch {
      // Whoever made the file knows why; the browser learns that there is none.
      this.#fail(key)
    }
  }

  async #read(key: string, { port, file, stop }: Stream, start: number, end: number): Promise<void> {
    try {
      const bytes = await file.read(start, end, stop.signal)
      if (stop.signal.aborted) return
      send(port, { type: 'chunk', bytes: bytes.buffer }, [bytes.buffer])
      this.#keepAlive()
    } catch {
      this.#fail(key)
    }
  }

  #fail(key: string): void {
    const stream = this.#streams.get(key)
    if (stream !== undefined) send(stream.port, { type: 'failed' })
    this.#end(key, 'lost')
  }

  #end(key: string, how: 'whole' | 'dropped' | 'lost'): void {
    const stream = this.#streams.get(key)
    if (stream === undefined) return
    this.#streams.delete(key)
    stream.stop.abort(new AbortError('the browser does not read any more'))
    stream.port.close()
    stream.file.ended?.(how)
  }

  /** Speaks to the worker now and then while anything streams; moved by the bytes as well, since hidden pages' timers rest. */
  #keepAlive(): void {
    if (this.#streams.size === 0) return
    if (this.#cancelPing === undefined) {
      this.#cancelPing = this.#clock.after(pingEveryMs, () => {
        this.#cancelPing = undefined
        this.#ping()
        this.#keepAlive()
      })
    }
    if (this.#clock.now() - this.#pingedAt >= pingEveryMs) this.#ping()
  }

  #ping(): void {
    const worker = this.#workers?.controller
    if (worker === null || worker === undefined || this.#streams.size === 0) return
    this.#pingedAt = this.#clock.now()
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }: MessageEvent<StreamsLost>) => {
      port1.close()
      for (const key of data.lost) this.#fail(key)
    }
    const message: StreamsAlive = { type: 'file:alive', streams: [...this.#streams.keys()] }
    worker.postMessage(message, [port2])
  }
}

function send(port: MessagePort, message: FromPage, transfer: Transferable[] = []): void {
  port.postMessage(message, transfer)
}
