import { AbortError, isAbort, TesseraError } from '../core/base/errors.ts'
import type { Bytes } from '../core/base/bytes.ts'
import type { FileSink } from '../core/files/index.ts'
import { safeFileName } from '../core/files/index.ts'

/** Thrown when the browser forbids writing at the chosen place. */
class SaveRefusedError extends TesseraError {
  override name = 'SaveRefusedError'
}

/** Where a file was put. */
export interface SavedPlace {
  readonly kind: 'picked' | 'downloads'
  /** The name it has there, as far as the browser tells. */
  readonly name: string
}

/** A sink and the place it fills. */
export interface SaveTarget {
  readonly sink: FileSink
  readonly place: SavedPlace
}

/** The part of the page's window that saving needs. The picker is missing outside Chromium. */
export interface SaveWindow {
  readonly showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>
  readonly document: Document
}

/**
 * Above this a download goes straight to a picked place where the browser can: gathered in memory it would weigh on the
 * tab. Below, one click into the downloads folder is quicker.
 */
const pickAboveBytes = 256_000_000
/** Pieces gathered before they become a Blob, which the browser may move to disk. */
const blobPartBytes = 16_000_000
/** A download needs its address until the browser has begun to read it. */
const revokeAfterMs = 60_000

/** Decides where a file goes. */
export class SavePlace {
  readonly #window: SaveWindow

  constructor(window: SaveWindow) {
    this.#window = window
  }

  /** Whether a person can choose the place. */
  get canPick(): boolean {
    return this.#window.showSaveFilePicker !== undefined
  }

  /** The downloads folder, or a picked place for a file too large to gather first. Throws `AbortError` when the picker is closed. */
  async download(name: string, sizeBytes: number): Promise<SaveTarget> {
    if (sizeBytes > pickAboveBytes && this.canPick) return await this.pick(name)
    return {
      sink: this.#downloads(safeFileName(name)),
      place: { kind: 'downloads', name: safeFileName(name) },
    }
  }

  /** A place the person picks. Throws `AbortError` when the picker is closed, `SaveRefusedError`. */
  async pick(name: string): Promise<SaveTarget> {
    const picker = this.#window.showSaveFilePicker
    if (picker === undefined) return await this.download(name, 0)
    try {
      // Called on the window: a detached picker is an illegal invocation.
      const handle = await picker.call(this.#window, { suggestedName: safeFileName(name) })
      return { sink: pickedSink(await handle.createWritable()), place: { kind: 'picked', name: handle.name } }
    } catch (cause) {
      if (isAbort(cause)) throw new AbortError('the save picker was closed', { cause })
      throw new SaveRefusedError('the browser refused the chosen place', { cause })
    }
  }

  #downloads(name: string): FileSink {
    const gathered = new Gathered()
    return {
      write: async (bytes) => gathered.add(bytes),
      close: async () => {
        const url = URL.createObjectURL(gathered.blob('application/octet-stream'))
        const anchor = this.#window.document.createElement('a')
        anchor.href = url
        anchor.download = name
        anchor.click()
        setTimeout(() => URL.revokeObjectURL(url), revokeAfterMs)
      },
      abort: async () => gathered.clear(),
    }
  }
}

/** A sink that ends as one Blob of a given type, for previews. */
export function blobSink(type: string): { readonly sink: FileSink; readonly blob: () => Blob } {
  const gathered = new Gathered()
  return {
    sink: {
      write: async (bytes) => gathered.add(bytes),
      close: async () => undefined,
      abort: async () => gathered.clear(),
    },
    blob: () => gathered.blob(type),
  }
}

/** Bytes in order, turned into Blobs as they grow. */
class Gathered {
  #blobs: Blob[] = []
  #fresh: Bytes[] = []
  #freshBytes = 0

  add(bytes: Bytes): void {
    this.#fresh.push(bytes)
    this.#freshBytes += bytes.byteLength
    if (this.#freshBytes >= blobPartBytes) this.#settle()
  }

  blob(type: string): Blob {
    this.#settle()
    return new Blob(this.#blobs, { type })
  }

  clear(): void {
    this.#blobs = []
    this.#fresh = []
    this.#freshBytes = 0
  }

  #settle(): void {
    this.#blobs.push(new Blob(this.#fresh))
    this.#fresh = []
    this.#freshBytes = 0
  }
}

function pickedSink(stream: FileSystemWritableFileStream): FileSink {
  return {
    write: (bytes) => stream.write(bytes),
    close: () => stream.close(),
    // Nothing is written to the chosen file until close: abort leaves it as it was.
    abort: (reason) => stream.abort(reason),
  }
}
