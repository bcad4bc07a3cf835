import type { Bytes } from '../base/bytes.ts'
import { errorName } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { TimelineEntry } from '../chat/index.ts'
import { maxCardsPerFile, maxFilesPerRoom } from './constants.ts'
import { checkedFileId } from './receipts.ts'

/** A file as announced in chat: the read capability and how its sharer describes it. */
export interface Card {
  readonly file: FileId
  /** 32 bytes. */
  readonly key: Bytes
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes: number
  readonly owner: AccountId
  /** Author's clock, ms since the epoch. */
  readonly at: number
}

/**
 * The room's cards by file (FI-20). Several members may post one file: the earliest card names its owner; the others stay
 * as spare keys, in case that one lies.
 */
export class CardBook {
  readonly #cards = new Map<FileId, Card[]>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** The file whose cards changed, or undefined when the entry is no usable card or is known. */
  addEntry(entry: TimelineEntry): FileId | undefined {
    const { body } = entry
    if (body.kind !== 'file' || entry.state === 'failed' || entry.state === 'pending') return undefined
    try {
      const file = checkedFileId(body.file)
      if (body.key.byteLength !== 32 || !Number.isSafeInteger(body.sizeBytes) || body.sizeBytes < 0)
        return undefined
      const { key, name, mediaType, sizeBytes } = body
      return this.add({ file, key, name, mediaType, sizeBytes, owner: entry.author, at: entry.at })
    } catch (error) {
      this.#logger('debug', 'file card ignored', { error: errorName(error) })
      return undefined
    }
  }

  add(card: Card): FileId | undefined {
    const known = this.#cards.get(card.file) ?? []
    if (known.some((other) => other.owner === card.owner)) return undefined
    if (known.length >= maxCardsPerFile) return undefined
    if (known.length === 0 && this.#cards.size >= maxFilesPerRoom) {
      this.#logger('warn', 'file card ignored: too many files', { files: this.#cards.size })
      return undefined
    }
    known.push(card)
    known.sort((a, b) => a.at - b.at || (a.owner < b.owner ? -1 : 1))
    this.#cards.set(card.file, known)
    return card.file
  }

  /** The card that names the owner. */
  first(file: FileId): Card | undefined {
    return this.#cards.get(file)?.[0]
  }

  all(file: FileId): readonly Card[] {
    return this.#cards.get(file) ?? []
  }

  files(): readonly FileId[] {
    return [...this.#cards.keys()]
  }

  get size(): number {
    return this.#cards.size
  }
}
