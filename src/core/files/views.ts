import type { Emitter } from '../base/events.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import type { CodeShape } from '../ces/index.ts'
import type { CardBook } from './cards.ts'
import { durabilityOf } from './durability.ts'
import type { Holdings } from './holdings.ts'
import type { Durability, FilesEvents, FileView, Holding } from './index.ts'
import type { Library } from './library.ts'
import type { Presence } from './presence.ts'

export interface ViewComponents {
  readonly self: AccountId
  readonly cards: CardBook
  readonly library: Library
  readonly holdings: Holdings
  readonly presence: Presence
  readonly events: Emitter<FilesEvents>
  readonly shapeOf: (file: FileId) => CodeShape | undefined
  readonly isBlamed: (file: FileId, account: AccountId) => boolean
  readonly lacksSpace: (file: FileId, account: AccountId) => boolean
  /** Whether it is likelier we who are cut off than everyone else. */
  readonly isCutOff: () => boolean
}

/** Each file with a card as shown now; tells when what is shown changed, and only then. */
export class FileViews {
  readonly #components: ViewComponents
  readonly #views = new Map<FileId, { readonly view: FileView; readonly text: string }>()

  constructor(components: ViewComponents) {
    this.#components = components
  }

  list(): readonly FileView[] {
    return [...this.#views.values()].map(({ view }) => view)
  }

  refreshAll(): void {
    for (const file of this.#components.cards.files()) this.refresh(file)
  }

  refresh(file: FileId): void {
    const view = this.#view(file)
    const known = this.#views.get(file)
    if (view === undefined) {
      if (this.#views.delete(file)) this.#components.events.emit('file:removed', { id: file })
      return
    }
    const text = JSON.stringify(view)
    if (known?.text === text) return
    this.#views.set(file, { view, text })
    this.#components.events.emit('file:changed', { file: view })
    const isNew = known === undefined || known.view.durability.k === 0
    if (!isNew && known.view.durability.risk === undefined && view.durability.risk !== undefined) {
      this.#components.events.emit('file:at-risk', { file: view })
    }
  }

  #view(file: FileId): FileView | undefined {
    const { cards, library, presence, shapeOf } = this.#components
    const card = cards.first(file)
    if (card === undefined) return undefined
    const kept = library.get(file)
    const { name, mediaType, sizeBytes, owner, to } = card
    const otherAccounts = [...presence.accounts()].filter((account) => account !== owner).length
    const durability = durabilityOf({
      ...{ shape: shapeOf(file), owner, sizeBytes, otherAccounts },
      holdings: this.#holdings(file),
      present: [...presence.present()].filter((account) => account !== owner),
      lacksSpace: (account) => this.#components.lacksSpace(file, account),
    })
    return {
      ...{ id: file, name, mediaType, sizeBytes, owner, ...(to === undefined ? {} : { to }) },
      durability: this.#components.isCutOff() ? this.#withRiskAsBefore(file, durability) : durability,
      isLocal: kept?.isWhole === true,
      keptBytes: kept?.keptBytes ?? 0,
    }
  }

  /** Alone, we cannot tell whether the others are gone: what threatened before still does, and nothing new. */
  #withRiskAsBefore(file: FileId, durability: Durability): Durability {
    const before = this.#views.get(file)?.view.durability.risk
    const { k, n, holdings, survivableLosses, safeToClose, needs } = durability
    return {
      ...{ k, n, holdings, survivableLosses, safeToClose },
      ...(needs === undefined ? {} : { needs }),
      ...(before === undefined ? {} : { risk: before }),
    }
  }

  /** What receipts say, but of ourselves what the store says, and of those who gave wrong bytes nothing (FI-15). */
  #holdings(file: FileId): readonly Holding[] {
    const { self, library, holdings, presence, isBlamed } = this.#components
    const ours = library.get(file)?.columns ?? []
    const found: Holding[] = ours.length === 0 ? [] : [{ account: self, shards: ours, reachable: true }]
    for (const { account, shards } of holdings.of(file)) {
      if (account === self || shards.length === 0 || isBlamed(file, account)) continue
      found.push({ account, shards, reachable: presence.reachable(account) })
    }
    return found
  }
}
