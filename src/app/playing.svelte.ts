import { errorName } from '../core/base/errors.ts'
import type { FileReading, Files, FileView } from '../core/files/index.ts'
import { safeFileName } from '../core/files/index.ts'
import type { FileServer } from './file-server.ts'
import { mediaKind, passiveType } from './media-kinds.ts'

/** Players read this much ahead of what they show by themselves; more at once would only delay a seek. */
const maxReadBytes = 1_048_576

/** What a playback reads from. */
export interface PlaybackInit {
  readonly files: Files
  readonly server: FileServer
}

/** Whether a file can be played here now: its kind is a safe one, and the worker is there to answer the player. */
export function canPlay({ server }: Pick<PlaybackInit, 'server'>, file: FileView): boolean {
  const kind = mediaKind(file)
  return server.isReady && (kind === 'video' || kind === 'audio')
}

/** One file in a player: only what the player asks for is gathered from the mesh (FI-43). */
export class Playback {
  /** For the player's `src`. */
  readonly url: string
  readonly kind: 'video' | 'audio'
  readonly #files: Files
  readonly #file: FileView
  readonly #stopServing: () => void
  #reader: Promise<FileReading> | undefined
  #isStopped = false
  #problem = $state.raw<{ readonly error: string; readonly message: string } | undefined>()

  constructor({ files, server }: PlaybackInit, file: FileView) {
    this.#files = files
    this.#file = file
    this.kind = mediaKind(file) === 'audio' ? 'audio' : 'video'
    const served = server.serve({
      name: safeFileName(file.name),
      mediaType: passiveType(file) ?? '',
      sizeBytes: file.sizeBytes,
      isDownload: false,
      read: (start, end, signal) => this.#read(start, end, signal),
    })
    this.url = served.url
    this.#stopServing = () => served.stop()
  }

  /** Why the last bytes could not be had, when they could not. */
  get problem(): { readonly error: string; readonly message: string } | undefined {
    return this.#problem
  }

  stop(): void {
    this.#isStopped = true
    this.#stopServing()
    this.#reader?.then(
      (reader) => reader.close(),
      () => undefined, // told by the read that met it
    )
  }

  async #read(start: number, end: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const reader = await this.#open()
      const bytes = await reader.read(start, Math.min(end, start + maxReadBytes), { signal })
      this.#problem = undefined
      return bytes
    } catch (error) {
      if (!signal.aborted && !this.#isStopped) this.#failed(error)
      throw error
    }
  }

  #open(): Promise<FileReading> {
    this.#reader ??= this.#files.openReader(this.#file.id).catch((error: unknown) => {
      this.#reader = undefined // the next read tries again
      throw error
    })
    return this.#reader
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.#problem = { error: errorName(error), message }
  }
}
