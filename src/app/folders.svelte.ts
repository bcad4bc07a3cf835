import { SvelteMap } from 'svelte/reactivity'
import type { AccountId, FileId } from '../core/base/ids.ts'
import type { Chat, EntryBody, TimelineEntry } from '../core/chat/index.ts'
import type { Files } from '../core/files/index.ts'

/** A folder of the room. */
export interface Folder {
  readonly body: Extract<EntryBody, { kind: 'folder' }>
  readonly author: AccountId
}

/** Which file belongs to which folder, read from the timeline as it grows. */
export class FoldersState {
  readonly #byFile = new SvelteMap<FileId, Folder>()
  readonly #stop = new AbortController()

  readonly #files: Files

  constructor(chat: Chat, files: Files) {
    this.#files = files
    this.#read(chat.timeline())
    const { signal } = this.#stop
    chat.events.on('chat:appended', ({ entries }) => this.#read(entries), { signal })
    files.events.on('personal:opened', () => this.#read(chat.timeline()), { signal })
  }

  /** The folder that lists a file. */
  of(file: FileId): Folder | undefined {
    return this.#byFile.get(file)
  }

  stop(): void {
    this.#stop.abort()
  }

  #read(entries: readonly TimelineEntry[]): void {
    for (const { id, body: said, author } of entries) {
      const body = said.kind === 'personal' && id !== undefined ? this.#files.personal(id) : said
      if (body === undefined || body === 'unreadable' || body.kind !== 'folder') continue
      const folder: Folder = { body, author }
      for (const { file } of body.files) if (!this.#byFile.has(file)) this.#byFile.set(file, folder)
    }
  }
}
