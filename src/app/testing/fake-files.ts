import { Emitter } from '../../core/base/events.ts'
import { AbortError } from '../../core/base/errors.ts'
import type { FileId } from '../../core/base/ids.ts'
import type {
  Files,
  FileReading,
  FilesEvents,
  FileSink,
  FileSource,
  FileView,
  HandOver,
  Transfer,
  TransferState,
} from '../../core/files/index.ts'

/** Files that a test or preview plays: bytes by id, transfers that advance when told. */
export class FakeFiles implements Files {
  readonly events = new Emitter<FilesEvents>()
  readonly #views = new Map<FileId, FileView>()
  readonly #transfers = new Map<string, Transfer>()
  readonly #bytes = new Map<FileId, Uint8Array<ArrayBuffer>>()
  /** Called for each share; the test answers with the id. Without it shares never end. */
  onShare: ((source: FileSource) => Promise<FileId>) | undefined
  /** Called for each fetch of bytes; by default known bytes are written at once. */
  onFetch: ((id: FileId, sink: FileSink) => Promise<void>) | undefined
  readonly cancelled: string[] = []
  readonly forgotten: FileId[] = []

  async start(): Promise<void> {
    return undefined
  }
  async stop(): Promise<void> {
    return undefined
  }
  list(): readonly FileView[] {
    return [...this.#views.values()]
  }
  transfers(): readonly Transfer[] {
    return [...this.#transfers.values()]
  }

  async share(source: FileSource, options: { signal?: AbortSignal } = {}): Promise<FileId> {
    if (this.onShare !== undefined) return await this.onShare(source)
    return await new Promise<FileId>((_resolve, reject) => {
      options.signal?.addEventListener('abort', () => reject(new AbortError('aborted')))
    })
  }
  async fetch(id: FileId, sink: FileSink): Promise<void> {
    if (this.onFetch !== undefined) return await this.onFetch(id, sink)
    await sink.write(this.#bytes.get(id) ?? new Uint8Array())
    await sink.close()
  }
  async openReader(id: FileId): Promise<FileReading> {
    const bytes = this.#bytes.get(id) ?? new Uint8Array()
    return {
      sizeBytes: bytes.byteLength,
      mediaType: this.#views.get(id)?.mediaType ?? '',
      read: (start, end) => Promise.resolve(bytes.slice(start, end)),
      close: () => undefined,
    }
  }
  cancel(transfer: string): void {
    this.cancelled.push(transfer)
    this.setTransfer(transfer, { kind: 'cancelled' })
  }
  async handOver(): Promise<HandOver> {
    return { placed: 0, left: [] }
  }
  async forget(id: FileId): Promise<void> {
    this.forgotten.push(id)
  }

  /** Makes a file known, or changes what is true of it. */
  put(file: FileView, bytes?: Uint8Array<ArrayBuffer>): void {
    this.#views.set(file.id, file)
    if (bytes !== undefined) this.#bytes.set(file.id, bytes)
    this.events.emit('file:changed', { file })
  }
  /** Starts a transfer. */
  begin(transfer: Transfer): void {
    this.#transfers.set(transfer.id, transfer)
    this.events.emit('transfer:changed', { transfer })
  }
  /** Moves a transfer on. */
  setTransfer(id: string, state: TransferState): void {
    const transfer = this.#transfers.get(id)
    if (transfer !== undefined) this.begin({ ...transfer, state })
  }
}
