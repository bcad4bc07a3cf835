import { Emitter } from '../../core/base/events.ts'
import { TesseraError } from '../../core/base/errors.ts'
import type { AccountId, EntryId } from '../../core/base/ids.ts'
import {
  type Chat,
  type ChatEvents,
  type EntryBody,
  maxTextBytes,
  type TimelineEntry,
} from '../../core/chat/index.ts'

class MessageTooLongError extends TesseraError {
  override name = 'MessageTooLongError'
}

/** A chat that a test or preview plays: what others say, and what becomes of our own entries. */
export class FakeChat implements Chat {
  readonly events = new Emitter<ChatEvents>()
  readonly #self: AccountId
  readonly #now: () => number
  #rows: readonly TimelineEntry[] = []
  #nextId = 0
  /** What the next sends meet: kept as `pending`, stored at once, or refused with an error of this name. */
  onSend: 'hold' | 'store' | { readonly fail: string } = 'store'

  constructor(self: AccountId, now: () => number) {
    this.#self = self
    this.#now = now
  }

  async start(): Promise<void> {
    return undefined
  }
  async stop(): Promise<void> {
    return undefined
  }
  timeline(): readonly TimelineEntry[] {
    return this.#rows
  }

  async send(body: EntryBody): Promise<EntryId> {
    if (body.kind === 'text' && body.text.length > maxTextBytes) throw new MessageTooLongError('too long')
    const key = this.add({ author: this.#self, body, state: 'pending' })
    return await this.#settle(key)
  }
  async retry(key: string): Promise<void> {
    this.change(key, { state: 'pending' })
    await this.#settle(key)
  }
  discard(key: string): void {
    this.#rows = this.#rows.filter((row) => row.key !== key)
    this.events.emit('chat:changed', { entries: [] })
  }

  /** Another member, or we ourselves, said something; returns the row's key. */
  add(
    row: Partial<TimelineEntry> & Pick<TimelineEntry, 'author' | 'body'>,
    options: { history?: boolean } = {},
  ): string {
    const key = `row ${this.#nextId++}`
    const own = row.author === this.#self
    const entry: TimelineEntry = {
      key,
      id: key as EntryId,
      own,
      at: this.#now(),
      state: own ? 'sent' : 'received',
      deliveredTo: [],
      ...row,
    }
    this.#rows = [...this.#rows, entry]
    this.events.emit('chat:appended', { entries: [entry], history: options.history ?? false })
    return key
  }
  /** Puts a whole history in at once, oldest first. */
  fill(rows: readonly (Partial<TimelineEntry> & Pick<TimelineEntry, 'author' | 'body' | 'at'>)[]): void {
    const filled = rows.map((row): TimelineEntry => {
      const key = `row ${this.#nextId++}`
      const own = row.author === this.#self
      return { key, id: key as EntryId, own, state: own ? 'sent' : 'received', deliveredTo: [], ...row }
    })
    this.#rows = [...filled, ...this.#rows]
    this.events.emit('chat:appended', { entries: filled, history: true })
  }
  /** Changes what is true of a row. */
  change(key: string, change: Partial<TimelineEntry>): void {
    this.#rows = this.#rows.map((row) => (row.key === key ? { ...row, ...change } : row))
    this.events.emit('chat:changed', { entries: this.#rows.filter((row) => row.key === key) })
  }

  async #settle(key: string): Promise<EntryId> {
    if (this.onSend === 'hold') return await new Promise<EntryId>(() => undefined)
    if (this.onSend === 'store') {
      this.change(key, { state: 'sent' })
      return key as EntryId
    }
    const { fail } = this.onSend
    this.change(key, { state: 'failed', failure: fail })
    throw Object.assign(new Error(fail), { name: fail })
  }
}
