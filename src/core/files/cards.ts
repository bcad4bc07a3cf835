import type { Bytes } from '../base/bytes.ts'
import { errorName } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { TimelineEntry } from '../chat/index.ts'
import { maxCardsPerFile, maxFilesPerRoom } from './constants.ts'
import type { CardBody } from './personal.ts'
import { checkedFileId } from './receipts.ts'

/** That a file was announced in chat: all that is known here of one for somebody else (FI-71). */
interface Notice {
  readonly file: FileId
  readonly owner: AccountId
  /** Author's clock, ms since the epoch. */
  readonly at: number
  /** The one account it is for; undefined for a file for the room. */
  readonly to?: AccountId | undefined
}

/** A file as announced in chat: the read capability and how its sharer describes it. */
export interface Card extends Notice {
  /** 32 bytes. */
  readonly key: Bytes
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes: number
}

/**
 * The room's cards by file (FI-20). Several members may post one file: the earliest card names its owner; the others stay
 * as spare keys, in case that one lies. Of files for one account there is a notice first; a card takes its place where it opens.
 */
export class CardBook {
  readonly #cards = new Map<FileId, (Card | Notice)[]>()
  /** Who took which file back. */
  readonly #withdrawn = new Map<FileId, Set<AccountId>>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** The files whose cards changed; none when the entry has no usable card or all are known. */
  addEntry(entry: TimelineEntry): readonly FileId[] {
    if (entry.state === 'failed' || entry.state === 'pending') return []
    const { body, author: owner, at } = entry
    switch (body.kind) {
      case 'file':
      case 'folder':
        return this.addBody(body, { owner, at })
      case 'personal':
        return body.files.flatMap((file) => this.#put({ file, owner, at, to: body.to }) ?? [])
      case 'withdraw':
        return body.files.flatMap((file) => this.#withdraw(file, owner))
      default:
        return []
    }
  }

  /** The cards of one file or of a folder's; for one account, those that its entry was opened to. */
  addBody(body: CardBody, facts: Omit<Notice, 'file'>): readonly FileId[] {
    if (body.kind === 'file') return this.#addListed(body, body.name, facts)
    return body.files.flatMap((file) => this.#addListed(file, baseName(file.path), facts))
  }

  /** Whether a member took its file back, and nobody else has posted it (FI-48). */
  isWithdrawn(file: FileId): boolean {
    return this.#withdrawn.has(file) && !this.#cards.has(file)
  }

  /** The files that were taken back and that nobody else has posted. */
  withdrawn(): readonly FileId[] {
    return [...this.#withdrawn.keys()].filter((file) => this.isWithdrawn(file))
  }

  #addListed(
    listed: Pick<Card, 'key' | 'sizeBytes' | 'mediaType'> & { readonly file: FileId },
    name: string,
    facts: Omit<Notice, 'file'>,
  ): readonly FileId[] {
    const { key, sizeBytes, mediaType } = listed
    if (key.byteLength !== 32 || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return []
    try {
      const file = checkedFileId(listed.file)
      const added = this.add({ ...facts, file, key, name, mediaType, sizeBytes })
      return added === undefined ? [] : [added]
    } catch (error) {
      this.#logger('debug', 'file card ignored', { error: errorName(error) })
      return []
    }
  }

  /** Takes an author's card away; read again it stays away. What an author did not post is not theirs to take back. */
  #withdraw(file: FileId, by: AccountId): readonly FileId[] {
    const known = this.#cards.get(file) ?? []
    const left = known.filter(({ owner }) => owner !== by)
    if (left.length === known.length) return []
    this.#withdrawn.set(file, (this.#withdrawn.get(file) ?? new Set<AccountId>()).add(by))
    if (left.length > 0) this.#cards.set(file, left)
    else this.#cards.delete(file)
    return [file]
  }

  add(card: Card): FileId | undefined {
    return this.#put(card)
  }

  #put(card: Card | Notice): FileId | undefined {
    if (this.#withdrawn.get(card.file)?.has(card.owner) === true) return undefined
    const known = this.#cards.get(card.file) ?? []
    const before = known.findIndex((other) => other.owner === card.owner)
    const earlier = known[before]
    if (earlier !== undefined) {
      if (isOpen(earlier) || !isOpen(card) || earlier.to !== card.to) return undefined
      known[before] = { ...card, at: earlier.at }
      return card.file
    }
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

  /** The earliest card that can be read here. */
  first(file: FileId): Card | undefined {
    return this.#cards.get(file)?.find(isOpen)
  }

  /** Those that can be read here. */
  all(file: FileId): readonly Card[] {
    return this.#cards.get(file)?.filter(isOpen) ?? []
  }

  /** Whether somebody posts it, be it for somebody else. */
  has(file: FileId): boolean {
    return this.#cards.has(file)
  }

  /** The author of the earliest card, be it for somebody else. */
  ownerOf(file: FileId): AccountId | undefined {
    return this.#cards.get(file)?.[0]?.owner
  }

  files(): readonly FileId[] {
    return [...this.#cards.keys()]
  }

  get size(): number {
    return this.#cards.size
  }
}

function isOpen(card: Card | Notice): card is Card {
  return 'key' in card
}

/** The last part of a path in a folder. */
function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
