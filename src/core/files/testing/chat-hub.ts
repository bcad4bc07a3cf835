import { Emitter } from '../../base/events.ts'
import type { AccountId, EntryId } from '../../base/ids.ts'
import type { Chat, ChatEvents, EntryBody, TimelineEntry } from '../../chat/index.ts'

/** One timeline that everybody sees at once: chat for tests of files, without logs or signatures. */
export class ChatHub {
  readonly #entries: TimelineEntry[] = []
  readonly #chats = new Set<HubChat>()
  #nextId = 1

  join(account: AccountId): HubChat {
    const chat = new HubChat(this, account)
    this.#chats.add(chat)
    return chat
  }

  get entries(): readonly TimelineEntry[] {
    return this.#entries
  }

  post(author: AccountId, body: EntryBody, at = this.#nextId): EntryId {
    const id = `entry-${this.#nextId++}` as EntryId
    const entry: TimelineEntry = {
      ...{ key: id, id, author, own: false, at, body },
      ...{ state: 'received', deliveredTo: [] },
    }
    this.#entries.push(entry)
    for (const chat of this.#chats) {
      chat.events.emit('chat:appended', { entries: [chat.view(entry)], history: false })
    }
    return id
  }
}

/** One member's chat of a {@link ChatHub}. */
export class HubChat implements Chat {
  readonly events = new Emitter<ChatEvents>()
  readonly #hub: ChatHub
  readonly #account: AccountId
  #failed: TimelineEntry[] = []
  /** Set to make the next `send` fail after its row was shown. */
  failure: Error | undefined

  constructor(hub: ChatHub, account: AccountId) {
    this.#hub = hub
    this.#account = account
  }

  view(entry: TimelineEntry): TimelineEntry {
    const own = entry.author === this.#account
    return { ...entry, own, state: own ? 'sent' : 'received' }
  }

  start(): Promise<void> {
    return Promise.resolve()
  }
  stop(): Promise<void> {
    return Promise.resolve()
  }
  timeline(): readonly TimelineEntry[] {
    return [...this.#hub.entries.map((entry) => this.view(entry)), ...this.#failed]
  }
  send(body: EntryBody): Promise<EntryId> {
    if (this.failure === undefined) return Promise.resolve(this.#hub.post(this.#account, body))
    const failed = { key: 'failed', id: undefined, author: this.#account, own: true, at: 0, body } as const
    this.#failed.push({ ...failed, state: 'failed', deliveredTo: [] })
    return Promise.reject(this.failure)
  }
  retry(): Promise<void> {
    return Promise.resolve()
  }
  discard(key: string): void {
    this.#failed = this.#failed.filter((row) => row.key !== key)
  }
}
