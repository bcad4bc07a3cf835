import { Zip, ZipPassThrough } from 'fflate'
import { utf8, type Bytes } from '../core/base/bytes.ts'
import { TesseraError } from '../core/base/errors.ts'
import type { FileSink } from '../core/files/index.ts'

/** Thrown when a folder is larger than a plain zip can be. */
export class ZipTooLargeError extends TesseraError {
  override name = 'ZipTooLargeError'
}

/** One file of a zip to come. */
export interface ZipEntry {
  /** Safe parts, see `safeFolderPaths`. */
  readonly path: readonly string[]
  readonly sizeBytes: number
}

/** APPNOTE 4.3 without zip64: lengths and places are 32 bits. */
const maxZipBytes = 0xffff_ffff
/** Local header (4.3.7), data descriptor (4.3.9) and central header (4.3.12) around each file, without its two names. */
const perEntryBytes = 30 + 16 + 46
/** End of central directory (4.3.16). */
const endBytes = 22
/** One date for all: what is shared says nothing of when it was made. */
const madeAt = new Date(1980, 0, 1)

/** Exact length of the zip that {@link ZipWriter} makes of files that are only stored. Throws `ZipTooLargeError`. */
export function zipBytes(entries: readonly ZipEntry[]): number {
  const bytes = entries.reduce(
    (sum, { path, sizeBytes }) => sum + perEntryBytes + 2 * utf8(path.join('/')).byteLength + sizeBytes,
    endBytes,
  )
  if (bytes <= maxZipBytes) return bytes
  throw new ZipTooLargeError(`expected at most ${maxZipBytes} bytes, got ${bytes}`)
}

/** Writes files one after the other into one zip, stored as they are, nothing held back but what the sink has not taken. */
export class ZipWriter {
  readonly #sink: FileSink
  readonly #zip: Zip
  #made: Uint8Array[] = []
  #failure: Error | undefined

  constructor(sink: FileSink) {
    this.#sink = sink
    this.#zip = new Zip((error, bytes) => {
      if (error !== null) this.#failure = error
      else if (bytes.byteLength > 0) this.#made.push(bytes)
    })
  }

  /** A sink for the next file; the one before must be closed. */
  entry({ path }: Pick<ZipEntry, 'path'>): FileSink {
    const file = new ZipPassThrough(path.join('/'))
    file.mtime = madeAt
    this.#zip.add(file)
    return {
      write: async (bytes) => {
        file.push(bytes)
        await this.#flush()
      },
      close: async () => {
        file.push(new Uint8Array(0), true)
        await this.#flush()
      },
      // A zip with half a file in it is no zip: whoever fetches ends the whole.
      abort: async () => undefined,
    }
  }

  async close(): Promise<void> {
    this.#zip.end()
    await this.#flush()
    await this.#sink.close()
  }

  async abort(reason: Error): Promise<void> {
    this.#zip.terminate()
    await this.#sink.abort(reason)
  }

  async #flush(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    for (const bytes of this.#made.splice(0)) await this.#sink.write(bytes as Bytes) // fflate's are of plain buffers
  }
}
