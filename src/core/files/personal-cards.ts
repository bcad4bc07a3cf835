import { errorName } from '../base/errors.ts'
import type { AccountId, EntryId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { TimelineEntry } from '../chat/index.ts'
import { openPersonal, type CardBody, type PersonalBody, type PersonalComponents } from './personal.ts'

/** What became of an entry for one account that is for us or by us. */
export type Opened = CardBody | 'unreadable'

/** Opens the entries that are for this account or by it, once each and one after the other. */
export class PersonalCards {
  readonly #components: PersonalComponents & { readonly logger: Logger }
  readonly #onOpened: (entry: TimelineEntry, opened: Opened) => void
  readonly #opened = new Map<EntryId, Opened | 'opening'>()
  #turn: Promise<void> = Promise.resolve()

  /** @param onOpened once for each entry */
  constructor(
    components: PersonalComponents & { readonly logger: Logger },
    onOpened: (entry: TimelineEntry, opened: Opened) => void,
  ) {
    this.#components = components
    this.#onOpened = onOpened
  }

  /** What an entry holds; undefined while it is being opened, and for entries that are none of ours. */
  get(entry: EntryId): Opened | undefined {
    const opened = this.#opened.get(entry)
    return opened === 'opening' ? undefined : opened
  }

  take(entries: readonly TimelineEntry[]): void {
    for (const entry of entries) {
      const { id, body, author } = entry
      if (body.kind !== 'personal' || id === undefined || this.#opened.has(id)) continue
      if (!this.#isOurs(author, body)) continue
      this.#opened.set(id, 'opening')
      this.#turn = this.#turn.then(() => this.#open(entry, id, body))
    }
  }

  /** Resolves when all that was taken so far is opened. */
  async settled(): Promise<void> {
    await this.#turn
  }

  #isOurs(author: AccountId, { to }: PersonalBody): boolean {
    const { account } = this.#components.identity
    return account === author || account === to
  }

  async #open(entry: TimelineEntry, id: EntryId, body: PersonalBody): Promise<void> {
    let opened: Opened = 'unreadable'
    try {
      opened = (await openPersonal(this.#components, entry.author, body)) ?? 'unreadable'
    } catch (error) {
      this.#components.logger('info', 'a file for us cannot be opened', { error: errorName(error) })
    }
    this.#opened.set(id, opened)
    this.#onOpened(entry, opened)
  }
}
