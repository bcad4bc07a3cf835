import type { Bytes } from '../core/base/bytes.ts'
import type { Clock } from '../core/base/clock.ts'
import { AbortError, isAbort, TesseraError } from '../core/base/errors.ts'
import type { FileSink } from '../core/files/index.ts'
import { safeFileName } from '../core/files/index.ts'
import type { FileServer } from './file-server.ts'
import { folderTarget, type FolderTarget, pickedSink } from './save-folder.ts'
import { streamSink } from './stream-save.ts'

/** Thrown when the browser forbids writing at the chosen place. */
export class SaveRefusedError extends TesseraError {
  override name = 'SaveRefusedError'
}

/** Thrown when this browser has no way to save so much: neither a picker nor a worker. */
class SaveTooLargeError extends TesseraError {
  override name = 'SaveTooLargeError'
}

/** Thrown when a saved copy was moved or deleted since. */
class SavedCopyGoneError extends TesseraError {
  override name = 'SavedCopyGoneError'
}

/** Where a file was put. */
export interface SavedPlace {
  readonly kind: 'picked' | 'downloads'
  /** The name it has there, as far as the browser tells. */
  readonly name: string
  /** The saved copy itself, when the browser lets us see it again. */
  readonly handle?: FileSystemFileHandle | undefined
}

/** A sink and the place it fills. */
export interface SaveTarget {
  readonly sink: FileSink
  readonly place: SavedPlace
}

/** The part of the page's window that saving needs. The pickers are missing outside Chromium. */
export interface SaveWindow {
  readonly showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>
  readonly showOpenFilePicker?: (options: { startIn: FileSystemHandle }) => Promise<unknown>
  readonly showDirectoryPicker?: (options: { mode: 'readwrite' }) => Promise<FileSystemDirectoryHandle>
  readonly document: Document
}

/** What saving needs of the page. */
export interface SavePlaceComponents {
  readonly window: SaveWindow
  readonly server: FileServer
  readonly clock: Clock
}

/** Most that is gathered in memory before it is saved: more would weigh on the tab, and phones end it. */
const maxGatheredBytes = 50_000_000
/** Pieces gathered before they become a Blob, which the browser may move to disk. */
const blobPartBytes = 16_000_000
/** How long a large download waits for the worker of a first visit. */
const workerPatienceMs = 20_000
/** A download needs its address until the browser has begun to read it. */
const revokeAfterMs = 60_000

/** Decides where a file goes (FI-40): a picked place, the browser's own download, or memory first for what is small. */
export class SavePlace {
  readonly #components: SavePlaceComponents

  constructor(components: SavePlaceComponents) {
    this.#components = components
  }

  /** Whether a person can choose the place. */
  get canPick(): boolean {
    return this.#components.window.showSaveFilePicker !== undefined
  }

  /**
   * The downloads folder: streamed by the worker; without one a picked place for what is large, memory for the rest. Throws
   * `AbortError` when the picker is closed, `SaveRefusedError`, `SaveTooLargeError`.
   */
  async download(name: string, sizeBytes: number): Promise<SaveTarget> {
    const { server, window } = this.#components
    const safe = safeFileName(name)
    const place = { kind: 'downloads', name: safe } as const
    // Not where a place can be picked: pickers open only in the moment a person presses something.
    if (sizeBytes > maxGatheredBytes && !this.canPick) await this.#workerCame()
    if (server.isReady) {
      const components = { ...this.#components, document: window.document }
      return { sink: streamSink(components, { name: safe, sizeBytes }), place }
    }
    if (sizeBytes <= maxGatheredBytes) return { sink: this.#gathering(safe), place }
    if (this.canPick) return await this.pick(name, sizeBytes)
    throw new SaveTooLargeError(`expected at most ${maxGatheredBytes} bytes, got ${sizeBytes}`)
  }

  /** A place the person picks, written as the bytes come. Throws as {@link download} does. */
  async pick(name: string, sizeBytes: number): Promise<SaveTarget> {
    const { window } = this.#components
    if (window.showSaveFilePicker === undefined) return await this.download(name, sizeBytes)
    try {
      // A method of the window: a detached picker is an illegal invocation.
      const handle = await window.showSaveFilePicker({ suggestedName: safeFileName(name) })
      const sink = pickedSink(await handle.createWritable())
      return { sink, place: { kind: 'picked', name: handle.name, handle } }
    } catch (cause) {
      if (isAbort(cause)) throw new AbortError('the save picker was closed', { cause })
      throw new SaveRefusedError('the browser refused the chosen place', { cause })
    }
  }

  /** Whether a person can choose a folder to put a folder into. */
  get canPickFolder(): boolean {
    return this.#components.window.showDirectoryPicker !== undefined
  }

  /** A new folder in a place the person picks. Throws `AbortError` when the picker is closed, `SaveRefusedError`. */
  async pickFolder(name: string): Promise<FolderTarget> {
    const { window } = this.#components
    try {
      const picked = await window.showDirectoryPicker?.({ mode: 'readwrite' })
      if (picked === undefined) throw new AbortError('there is no folder picker')
      return await folderTarget(picked, name)
    } catch (cause) {
      if (isAbort(cause)) throw new AbortError('the folder picker was closed', { cause })
      throw new SaveRefusedError('the browser refused the chosen folder', { cause })
    }
  }

  /** Whether the folder of a saved copy can be shown. */
  canShow(place: SavedPlace): boolean {
    return place.handle !== undefined && this.#components.window.showOpenFilePicker !== undefined
  }

  /** Opens the system's file dialog where a saved copy lies: the one way a page has to lead there. */
  async show({ handle }: SavedPlace): Promise<void> {
    const { window } = this.#components
    if (handle === undefined || window.showOpenFilePicker === undefined) return
    try {
      // Asked first, so that a copy that was moved or deleted is said to be gone.
      await handle.getFile()
      await window.showOpenFilePicker({ startIn: handle })
    } catch (cause) {
      if (isAbort(cause)) return
      throw new SavedCopyGoneError('the saved copy is not where it was', { cause })
    }
  }

  /** Waits for the worker of a first visit, which is fetched after all that the page needs itself. */
  async #workerCame(): Promise<void> {
    const { server, clock } = this.#components
    if (server.isReady || !server.isExpected) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        unwatch()
        cancel()
        resolve()
      }
      const unwatch = server.events.on('server:changed', () => server.isReady && end())
      const cancel = clock.after(workerPatienceMs, end)
    })
  }

  #gathering(name: string): FileSink {
    const { window, clock } = this.#components
    const gathered = new Gathered()
    return {
      write: async (bytes) => gathered.add(bytes),
      close: async () => {
        const url = URL.createObjectURL(gathered.blob('application/octet-stream'))
        const anchor = window.document.createElement('a')
        anchor.href = url
        anchor.download = name
        anchor.click()
        clock.after(revokeAfterMs, () => URL.revokeObjectURL(url))
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
