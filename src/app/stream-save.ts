import { AbortError, TesseraError } from '../core/base/errors.ts'
import type { Bytes } from '../core/base/bytes.ts'
import type { Clock } from '../core/base/clock.ts'
import { delay } from '../core/base/wait.ts'
import type { FileSink } from '../core/files/index.ts'
import type { FileServer } from './file-server.ts'

/** Thrown when the browser ended a download before it had every byte: cancelled there, its disk full, or its worker ended. */
class DownloadCutError extends TesseraError {
  override name = 'DownloadCutError'
}

/** Thrown when the browser did not begin a download at all. */
class DownloadBlockedError extends TesseraError {
  override name = 'DownloadBlockedError'
}

/** A browser that has not asked for the file by now will not: it forbids the download, or waits for leave to have several. */
const beginTimeoutMs = 30_000
/** The browser hears of the download this late at most, though no byte is there: its worker may not wait for ever. */
const headAfterMs = 60_000

/** A browser may still be choosing the file's place when it has every byte; without its frame it would not know whose it is. */
const frameStaysMs = 10_000

/** What a download into the browser needs. */
export interface StreamSinkComponents {
  readonly server: FileServer
  readonly document: Document
  readonly clock: Clock
}

/**
 * A sink whose bytes flow into one of the browser's own downloads, as the browser takes them (FI-40). It counts every byte: `close`
 * resolves only once the browser took the last one, and an early end is `DownloadCutError`, whatever the browser calls it.
 */
export function streamSink(
  { server, document, clock }: StreamSinkComponents,
  file: { readonly name: string; readonly sizeBytes: number },
): FileSink {
  const handOver = new HandOver(file.sizeBytes)
  let begun = false
  const served = server.serve({
    ...{
      name: file.name,
      mediaType: 'application/octet-stream',
      sizeBytes: file.sizeBytes,
      isDownload: true,
    },
    ready: async (signal) => {
      begun = true
      const late = delay(headAfterMs, clock, signal)
      late.catch(() => {}) // ended before: the other says so
      await Promise.race([handOver.first(signal), late])
    },
    read: (_start, end, signal) => handOver.take(end, signal),
    ended: (how) => handOver.ended(how),
  })
  const cancelTimer = clock.after(beginTimeoutMs, () => {
    if (!begun) handOver.fail(new DownloadBlockedError('the browser did not begin the download'))
  })
  const frame = begin(document, served.url)
  const leave = (): void => {
    cancelTimer()
    served.stop()
    clock.after(frameStaysMs, () => frame.remove())
  }
  return {
    write: (bytes) => handOver.give(bytes),
    close: () => handOver.finish().finally(leave),
    abort: async (reason) => {
      handOver.fail(reason)
      leave()
    },
  }
}

/** A hidden frame starts a download without leaving the page. Its address answers with an attachment, so nothing is drawn. */
function begin(document: Document, url: string): HTMLIFrameElement {
  const frame = document.createElement('iframe')
  frame.hidden = true
  frame.title = ''
  frame.src = url
  document.body.append(frame)
  return frame
}

/** Bytes that wait for the browser to take them: one write at a time, so that memory holds one only. */
class HandOver {
  readonly #totalBytes: number
  #takenBytes = 0
  #waiting: Bytes | undefined
  #failure: Error | undefined
  #isWhole = false
  #changed: (() => void)[] = []

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes
  }

  /** Resolves once all of `bytes` were taken. Throws what the download failed of. */
  async give(bytes: Bytes): Promise<void> {
    // The giver keeps its buffer.
    this.#waiting = bytes.byteLength === 0 ? undefined : bytes.slice()
    this.#tell()
    await this.#until(() => this.#waiting === undefined)
  }

  /** Resolves once the browser has taken every byte. */
  async finish(): Promise<void> {
    await this.#until(() => this.#isWhole)
    if (this.#takenBytes !== this.#totalBytes) {
      throw new DownloadCutError(`the browser took ${this.#takenBytes} of ${this.#totalBytes} bytes`)
    }
  }

  /** Resolves once there is something to take, or when there is nothing at all to wait for. */
  async first(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.#waiting !== undefined || this.#totalBytes === 0, signal)
  }

  /** The next bytes, up to `end` of the file. */
  async take(end: number, signal: AbortSignal): Promise<Bytes> {
    await this.#until(() => this.#waiting !== undefined, signal)
    const bytes = this.#waiting
    if (bytes === undefined) throw new AbortError('nothing waits')
    const most = end - this.#takenBytes
    const taken = bytes.byteLength <= most ? bytes : bytes.slice(0, most)
    this.#waiting = bytes.byteLength <= most ? undefined : bytes.slice(most)
    this.#takenBytes += taken.byteLength
    this.#tell()
    return taken
  }

  ended(how: 'whole' | 'dropped' | 'lost'): void {
    if (how === 'whole') {
      this.#isWhole = true
      this.#tell()
    } else {
      this.fail(
        new DownloadCutError(`the browser stopped after ${this.#takenBytes} of ${this.#totalBytes} bytes`),
      )
    }
  }

  fail(error: Error): void {
    this.#failure ??= error
    this.#tell()
  }

  #tell(): void {
    for (const go of this.#changed.splice(0)) go()
  }

  async #until(isSo: () => boolean, signal?: AbortSignal): Promise<void> {
    while (!isSo()) {
      if (this.#failure !== undefined) throw this.#failure
      if (signal?.aborted === true) throw new AbortError('not wanted any more')
      await new Promise<void>((resolve) => {
        this.#changed.push(resolve)
        signal?.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }
}
