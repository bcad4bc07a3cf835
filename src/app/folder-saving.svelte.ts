import { SvelteMap } from 'svelte/reactivity'
import { errorName, isAbort } from '../core/base/errors.ts'
import type { FileId } from '../core/base/ids.ts'
import type { FolderEntry } from '../core/chat/index.ts'
import { type Files, type FileSink, safeFolderPaths } from '../core/files/index.ts'
import type { Folder } from './folders.svelte.ts'
import type { SavePlace } from './save-place.ts'

/** How saving a folder stands, as its card tells. */
export type FolderSave =
  | { readonly kind: 'running'; readonly done: number; readonly total: number }
  | { readonly kind: 'saved'; readonly name: string; readonly how: 'folder' | 'zip' }
  /** Some files could not be had: the others are there. */
  | { readonly kind: 'partly'; readonly name: string; readonly missing: readonly string[] }
  | { readonly kind: 'failed'; readonly error: string; readonly message: string }

/** What saving folders is made of. */
export interface FolderSavingInit {
  readonly files: Files
  readonly places: SavePlace
  /** A save ended, as the history keeps it. */
  readonly onEnd: (folder: Folder['body'], end: FolderSave | 'cancelled') => void
}

type Body = Folder['body']

/** Whole folders on their way to this device's disk (FI-45): into a picked folder, or as one zip. */
export class FolderSavingState {
  readonly #init: FolderSavingInit
  readonly #saves = new SvelteMap<string, FolderSave>()
  readonly #running = new SvelteMap<string, AbortController>()

  constructor(init: FolderSavingInit) {
    this.#init = init
  }

  get canPickFolder(): boolean {
    return this.#init.places.canPickFolder
  }
  of(body: Body): FolderSave | undefined {
    return this.#saves.get(keyOf(body))
  }
  cancel(body: Body): void {
    this.#running.get(keyOf(body))?.abort()
  }
  dismiss(body: Body): void {
    this.#saves.delete(keyOf(body))
  }
  stop(): void {
    for (const running of this.#running.values()) running.abort()
  }

  /** Puts the files one by one into a new folder where the person picks; what cannot be had is named at the end. */
  async saveFolder(body: Body): Promise<void> {
    await this.#run(body, async (signal, each) => {
      const target = await this.#init.places.pickFolder(body.name)
      const missing: string[] = []
      await each(async (entry, path) => {
        try {
          await this.#init.files.fetch(entry.file, await target.sink(path), { signal })
        } catch (error) {
          if (isAbort(error) || signal.aborted) throw error
          missing.push(path.join('/'))
        }
      })
      if (missing.length > 0) return { kind: 'partly', name: target.name, missing }
      return { kind: 'saved', name: target.name, how: 'folder' }
    })
  }

  /** Streams the folder as one zip into the downloads; it is whole or not there. */
  async saveZip(body: Body): Promise<void> {
    await this.#run(body, async (signal, each) => {
      const { zipBytes, ZipWriter } = await import('./zip-sink.ts')
      const paths = safeFolderPaths(body.files.map(({ path }) => path))
      const entries = body.files.map(({ sizeBytes }, i) => ({ path: paths[i] ?? [], sizeBytes }))
      const { sink, place } = await this.#init.places.download(`${body.name}.zip`, zipBytes(entries))
      const zip = new ZipWriter(sink)
      try {
        await each(async (entry, path) => {
          await this.#init.files.fetch(entry.file, counted(zip.entry({ path }), entry.sizeBytes), { signal })
        })
        await zip.close()
      } catch (error) {
        await zip.abort(error instanceof Error ? error : new Error(errorName(error)))
        throw error
      }
      return { kind: 'saved', name: place.name, how: 'zip' }
    })
  }

  async #run(
    body: Body,
    work: (
      signal: AbortSignal,
      each: (save: (entry: FolderEntry, path: readonly string[]) => Promise<void>) => Promise<void>,
    ) => Promise<FolderSave>,
  ): Promise<void> {
    const key = keyOf(body)
    if (this.#running.has(key)) return
    const stop = new AbortController()
    this.#running.set(key, stop)
    const total = body.files.length
    const paths = safeFolderPaths(body.files.map(({ path }) => path))
    let end: FolderSave | 'cancelled' = 'cancelled'
    try {
      end = await work(stop.signal, async (save) => {
        for (const [done, entry] of body.files.entries()) {
          this.#saves.set(key, { kind: 'running', done, total })
          await save(entry, paths[done] ?? ['file'])
        }
      })
      this.#saves.set(key, end)
    } catch (error) {
      this.#saves.delete(key)
      if (!isAbort(error) && !stop.signal.aborted) {
        const message = error instanceof Error ? error.message : String(error)
        end = { kind: 'failed', error: errorName(error), message }
        this.#saves.set(key, end)
      }
    } finally {
      this.#running.delete(key)
      this.#init.onEnd(body, end)
    }
  }
}

/** A folder is one by its first file: an id is posted once by us, and a second entry of it is the same to save. */
function keyOf({ files }: Body): FileId | '' {
  return files[0]?.file ?? ''
}

/** Thrown on when a file is not as long as its entry said: the zip was announced with that length. */
function counted(sink: FileSink, sizeBytes: number): FileSink {
  let bytes = 0
  return {
    write: async (chunk) => {
      bytes += chunk.byteLength
      await sink.write(chunk)
    },
    close: async () => {
      // The core checks a card's size against the manifest (FI-20), so this only guards the promise of the zip's length.
      if (bytes !== sizeBytes) throw new RangeError(`expected ${sizeBytes} bytes, got ${bytes}`)
      await sink.close()
    },
    abort: (reason) => sink.abort(reason),
  }
}
