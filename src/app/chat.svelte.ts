import { utf8 } from '../core/base/bytes.ts'
import type { AccountId, RoomId } from '../core/base/ids.ts'
import { type Chat, maxTextBytes, type TimelineEntry } from '../core/chat/index.ts'
import type { Announcer } from './announcer.svelte.ts'
import { draftKey } from './keep.ts'
import type { PeopleState } from './people.svelte.ts'
import { isBetweenOthers } from './personal-entries.ts'
import { showControls } from './safe-name.ts'
import type { Keep } from './shell-ports.ts'
import type { ToastsState } from './toasts.svelte.ts'
import { watch } from './watch.ts'
import { t } from './late-words.ts'
import { errorNameWords } from './words.ts'

/** What the chat state is made of. */
export interface ChatStateInit {
  readonly chat: Chat
  readonly room: RoomId
  readonly people: PeopleState
  readonly announcer: Announcer
  readonly toasts: ToastsState
  readonly keep: Keep
  /** Whether the person can see the page now. */
  readonly isVisible: () => boolean
}

/** The conversation of a room: rows, what is unread, the draft. */
export class ChatState {
  readonly #init: ChatStateInit
  readonly #changed: () => void
  readonly #stop = new AbortController()
  #unread = $state(0)
  #draftVersion = $state(0)
  #unreadKey = $state<string | undefined>()
  /** Whether the newest row is on screen; the timeline tells. */
  #isAtEnd = true

  constructor(init: ChatStateInit) {
    this.#init = init
    this.#changed = watch(init.chat.events, 'chat:appended', 'chat:changed')
    const { signal } = this.#stop
    init.chat.events.on(
      'chat:appended',
      ({ entries, history }) => {
        if (!history) this.#arrived(entries)
      },
      { signal },
    )
    this.#tellTroubles(signal)
  }

  /** What goes wrong with others' messages; the core has seen to it that each is rare. */
  #tellTroubles(signal: AbortSignal): void {
    const { chat, people, toasts } = this.#init
    const problem = (text: string): void => void toasts.show({ tone: 'problem', text })
    const nameOf = ({ account }: { account: AccountId }): { name: string } => ({
      name: people.nameOf(account),
    })
    chat.events.on('chat:flooded', (by) => problem(t('chat.flooded', nameOf(by))), { signal })
    chat.events.on('chat:forked', (by) => problem(t('chat.forked', nameOf(by))), { signal })
    chat.events.on('chat:outdated', () => problem(t('chat.outdated')), { signal })
    chat.events.on(
      'chat:unkept',
      ({ error }) => problem(t('chat.unkept', { words: errorNameWords(error) })),
      {
        signal,
      },
    )
  }

  /** All rows in order. A long list: slice it before drawing. */
  get timeline(): readonly TimelineEntry[] {
    this.#changed()
    return this.#init.chat.timeline()
  }

  /** Messages of others that came since the person last saw the end. */
  get unread(): number {
    return this.#unread
  }
  /** Row before which the "new messages" line stands. */
  get unreadKey(): string | undefined {
    return this.#unreadKey
  }

  /** The timeline says whether its end is on screen. Seeing the end, on a visible page, reads everything. */
  atEnd(isAtEnd: boolean): void {
    this.#isAtEnd = isAtEnd
    if (isAtEnd && this.#init.isVisible()) this.#unread = 0
  }

  /** Signs and sends a text. Takes the "new messages" line away: who answers has read. */
  async send(text: string): Promise<void> {
    this.#unreadKey = undefined
    this.#unread = 0
    await this.#init.chat.send({ kind: 'text', text })
  }

  async retry(key: string): Promise<void> {
    try {
      await this.#init.chat.retry(key)
    } catch (error) {
      this.#init.toasts.problem(error)
    }
  }

  discard(key: string): void {
    this.#init.chat.discard(key)
  }

  /** What was written and not sent, kept on this device. */
  get draft(): string {
    return this.#init.keep.get(this.#draftKey) ?? ''
  }
  set draft(text: string) {
    if (text === '') this.#init.keep.delete(this.#draftKey)
    else this.#init.keep.set(this.#draftKey, text)
  }

  /** Grows when something else than the composer wrote the draft. */
  get draftVersion(): number {
    return this.#draftVersion
  }
  /** Puts words below what is written already. */
  addToDraft(text: string): void {
    this.draft = this.draft === '' ? text : `${this.draft}\n${text}`
    this.#draftVersion += 1
  }

  stop(): void {
    this.#stop.abort()
  }

  get #draftKey(): string {
    return draftKey(this.#init.room)
  }

  #arrived(entries: readonly TimelineEntry[]): void {
    const { self } = this.#init.people
    // A file taken back is told by its card; it is no message. What is for somebody else is none of our business.
    const others = entries.filter(
      (entry) => !entry.own && entry.body.kind !== 'withdraw' && !isBetweenOthers(entry, self),
    )
    const [first] = others
    if (first === undefined) return
    for (const entry of others) this.#announce(entry)
    if (this.#isAtEnd && this.#init.isVisible()) {
      this.#unreadKey = undefined
      return
    }
    if (this.#unread === 0) this.#unreadKey = first.key
    this.#unread += others.length
  }

  #announce({ author, body }: TimelineEntry): void {
    const name = this.#init.people.nameOf(author)
    if (body.kind === 'text') this.#init.announcer.message(name, body.text)
    else if (body.kind === 'file') {
      this.#init.announcer.message(name, t('chat.announceFile', { file: showControls(body.name) }))
    } else if (body.kind === 'personal') {
      this.#init.announcer.message(name, t('chat.announcePersonal'))
    } else if (body.kind === 'folder') {
      const folder = { name: showControls(body.name), n: body.files.length }
      this.#init.announcer.message(name, t('chat.announceFolder', folder))
    }
  }
}

/** A person is told of the limit once less than this is left: about a page of text. */
const tellBelowBytes = 4_096

/** How many bytes a text may still grow, negative when too long to send; undefined while the limit is far. */
export function remainingBytes(text: string): number | undefined {
  // A UTF-16 unit is at most three bytes in UTF-8: most texts need no encoding to know that they fit.
  if (text.length * 3 < maxTextBytes - tellBelowBytes) return undefined
  const left = maxTextBytes - utf8(text).byteLength
  return left < tellBelowBytes ? left : undefined
}
