import type { AccountId, FileId } from '../base/ids.ts'
import { throwIfAborted } from '../base/wait.ts'
import type { EntryBody, FolderEntry } from '../chat/index.ts'
import type { StoredFile } from '../storage/index.ts'
import type { Catalogue } from './catalogue.ts'
import { maxFilesPerRoom } from './constants.ts'
import { CorruptFileError, TooManyFilesError } from './errors.ts'
import { Gate } from './gate.ts'
import type { FilesComponents, FileSource, FolderSource, ShareOptions } from './index.ts'
import { agreementOf, sealPersonal, type CardBody } from './personal.ts'
import { ProgressMeter } from './progress.ts'
import { shapeFor } from './shape.ts'
import { sealToStore } from './share.ts'
import type { TransferBook, TransferHandle } from './transfers.ts'

/** What sharing draws on; `ensureSpace` as of {@link sealToStore}. */
type SharesComponents = FilesComponents & Pick<Parameters<typeof sealToStore>[0], 'ensureSpace'>

/** A sealed file that still has no card. */
interface Sealed {
  readonly stored: StoredFile
  readonly source: FileSource
}

/** What is to be shared under one entry. */
interface Order {
  readonly sources: readonly FileSource[]
  readonly to: AccountId | undefined
  readonly bodyOf: (sealed: readonly Sealed[]) => CardBody
}

/** Everything that brings files into the room: one by one, or a folder under one entry. */
export class Shares {
  readonly #components: SharesComponents
  readonly #catalogue: Catalogue
  readonly #transfers: TransferBook
  /** Two seals at once keep the engine busy while one waits for the disk. */
  readonly #sealing = new Gate(2)

  constructor(components: SharesComponents, catalogue: Catalogue, transfers: TransferBook) {
    this.#components = components
    this.#catalogue = catalogue
    this.#transfers = transfers
  }

  async share(source: FileSource, options: ShareOptions): Promise<FileId> {
    const [file] = await this.#run(source.name, [source], options, ([sealed]) => {
      if (sealed === undefined) throw new CorruptFileError('a share has no file')
      const { name, sizeBytes, mediaType } = source
      return { kind: 'file', file: sealed.stored.id, key: keyOf(sealed), name, sizeBytes, mediaType }
    })
    if (file === undefined) throw new CorruptFileError('a share has no file')
    return file
  }

  /** Seals every file of a folder, then posts them as one entry (FI-44). */
  async shareFolder(folder: FolderSource, options: ShareOptions): Promise<readonly FileId[]> {
    const sources = folder.files.map(({ source }) => source)
    return await this.#run(folder.name, sources, options, (sealed) => ({
      kind: 'folder',
      name: folder.name,
      files: sealed.map((file, i): FolderEntry => {
        const { sizeBytes, mediaType } = file.source
        const path = folder.files[i]?.path ?? file.source.name
        return { path, file: file.stored.id, key: keyOf(file), sizeBytes, mediaType }
      }),
    }))
  }

  async #run(
    name: string,
    sources: readonly FileSource[],
    { signal, to }: ShareOptions,
    bodyOf: (sealed: readonly Sealed[]) => CardBody,
  ): Promise<readonly FileId[]> {
    // Said before anything is read, not after a long seal.
    if (to !== undefined) agreementOf(this.#components.room, to)
    if (this.#catalogue.cards.size + sources.length > maxFilesPerRoom) {
      throw new TooManyFilesError(`a room has at most ${maxFilesPerRoom} files`)
    }
    const sizeBytes = sources.reduce((sum, source) => sum + source.sizeBytes, 0)
    const meter = new ProgressMeter(this.#components.clock, sizeBytes)
    const first = { kind: 'sealing', progress: meter.now() } as const
    const facts = { direction: 'share', name, file: undefined, first } as const
    return await this.#transfers.run(facts, signal, async (handle) => {
      const order = { sources, to, bodyOf }
      return await this.#sealing.run(() => this.#share(order, meter, handle), handle.signal)
    })
  }

  async #share(
    { sources, to, bodyOf }: Order,
    meter: ProgressMeter,
    handle: TransferHandle,
  ): Promise<readonly FileId[]> {
    const { library } = this.#catalogue
    const begun: FileId[] = []
    const sealed: Sealed[] = []
    let isPosted = false
    try {
      for (const source of sources) {
        const stored = await this.#seal(source, meter, handle, (id) => begun.push(id))
        sealed.push({ stored, source })
      }
      const body = bodyOf(sealed)
      await this.#post(
        to === undefined ? body : await sealPersonal(this.#components, to, body),
        handle.signal,
      )
      isPosted = true
      const [only] = sealed
      if (only !== undefined && sealed.length === 1) handle.setFile(only.stored.id)
      for (const file of sealed) await this.#placed(file, to)
      return sealed.map(({ stored }) => stored.id)
    } catch (error) {
      // Those sealed before the one that failed, or all when the entry was not posted.
      if (!isPosted) for (const { stored } of sealed) await this.#components.shards.deleteFile(stored.id)
      throw error
    } finally {
      for (const id of begun) library.writing.delete(id)
    }
  }

  async #seal(
    source: FileSource,
    meter: ProgressMeter,
    handle: TransferHandle,
    onBegun: (id: FileId) => void,
  ): Promise<StoredFile> {
    const { library, presence } = this.#catalogue
    return await sealToStore(this.#components, {
      ...{ room: this.#components.room.id, source, signal: handle.signal },
      shape: shapeFor(presence.present().size),
      onBytes: (bytes) => {
        meter.add(bytes)
        handle.set({ kind: 'sealing', progress: meter.now() })
      },
      onFile: ({ id }) => {
        onBegun(id)
        library.writing.add(id)
      },
    })
  }

  /** Puts the entry into chat; one that failed is taken off. */
  async #post(body: EntryBody, signal: AbortSignal): Promise<void> {
    const { chat } = this.#components
    try {
      throwIfAborted(signal)
      await chat.send(body)
    } catch (error) {
      // A row left behind could be sent again later and would announce a file that is gone.
      for (const row of chat.timeline()) {
        if (row.state === 'failed' && isSame(row.body, body)) chat.discard(row.key)
      }
      throw error
    }
  }

  /** A share is stored and posted: show it, sign for it, and give it to others. */
  async #placed(sealed: Sealed, to: AccountId | undefined): Promise<void> {
    const { cards, library, holdings } = this.#catalogue
    const { id, addedAt } = sealed.stored
    const { name, mediaType, sizeBytes } = sealed.source
    const owner = this.#components.room.self.account
    await library.refresh(id)
    cards.add({ file: id, key: keyOf(sealed), name, mediaType, sizeBytes, owner, at: addedAt, to })
    await holdings.announce(id)
    this.#catalogue.changed(id)
  }
}

function keyOf({ stored }: Sealed): NonNullable<StoredFile['key']> {
  if (stored.key === undefined) throw new CorruptFileError('a share has no key')
  return stored.key
}

/** Whether two bodies announce the same files. */
function isSame(a: EntryBody, b: EntryBody): boolean {
  if (a.kind === 'file') return b.kind === 'file' && a.file === b.file
  if (a.kind === 'folder') return b.kind === 'folder' && a.files[0]?.file === b.files[0]?.file
  return a.kind === 'personal' && b.kind === 'personal' && a.files[0] === b.files[0]
}
