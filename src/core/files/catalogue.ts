import { errorName, isAbort } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import { openingContext, openMeta } from '../ces/index.ts'
import type { TimelineEntry } from '../chat/index.ts'
import { Blames } from './blames.ts'
import { CardBook } from './cards.ts'
import { holderPauseMs } from './constants.ts'
import type { FindManifestComponents } from './find-manifest.ts'
import { Holdings } from './holdings.ts'
import type { FilesComponents, FilesEvents } from './index.ts'
import { Library } from './library.ts'
import { openManifest } from './manifests.ts'
import { PersonalCards, type Opened } from './personal-cards.ts'
import { ranked } from './placement.ts'
import { Presence } from './presence.ts'
import { Shapes } from './shapes.ts'
import type { Source } from './swarm.ts'
import { FileViews } from './views.ts'
import { Whereabouts } from './whereabouts.ts'

/** What is told on when something about a file or an account changed. */
export interface CatalogueHooks {
  readonly events: Emitter<FilesEvents>
  readonly onFile: (file: FileId) => void
  readonly onAccount: (account: AccountId) => void
  /** Nobody posts this file any more (FI-48). */
  readonly onWithdrawn: (file: FileId) => void
  readonly lacksSpace: (file: FileId, account: AccountId) => boolean
}

/** All that is known of the room's files: cards, pieces kept here, who else holds what, and who is to be asked. */
export class Catalogue {
  readonly presence: Presence
  readonly whereabouts: Whereabouts
  readonly library: Library
  readonly cards: CardBook
  readonly personal: PersonalCards
  readonly blames: Blames
  readonly holdings: Holdings
  readonly shapes: Shapes
  readonly views: FileViews
  readonly #components: FilesComponents
  readonly #hooks: CatalogueHooks
  readonly #watchers = new Set<() => void>()
  readonly #offs: (() => void)[] = []
  readonly #stop = new AbortController()
  /** Directly linked accounts that have not yet told us all they hold. */
  readonly #unsure = new Set<AccountId>()
  readonly #asking = new Set<AccountId>()
  #cancelRetry: (() => void) | undefined
  #isStarted = false

  constructor(components: FilesComponents, hooks: CatalogueHooks) {
    this.#components = components
    this.#hooks = hooks
    this.presence = new Presence(components.room)
    this.whereabouts = new Whereabouts(components)
    this.library = new Library(components)
    this.cards = new CardBook(components.logger)
    this.personal = new PersonalCards(components, (entry, opened) => this.#opened(entry, opened))
    this.blames = new Blames((blame) => {
      hooks.events.emit('holder:blamed', blame)
      this.changed(blame.file)
    })
    this.holdings = new Holdings({
      ...{ ...components, library: this.library },
      isFollowed: (file) => this.cards.has(file) || this.library.get(file) !== undefined,
      onChange: (file) => this.changed(file),
    })
    this.shapes = new Shapes(this.finding(), (file) => this.changed(file))
    this.views = new FileViews({
      ...{ self: components.room.self.account, events: hooks.events, cards: this.cards },
      ...{ library: this.library, holdings: this.holdings, presence: this.presence },
      shapeOf: (file) => this.shapes.of(file),
      isBlamed: (file, account) => this.blames.has(file, account),
      lacksSpace: (file, account) => hooks.lacksSpace(file, account),
      isCutOff: () => this.whereabouts.isCutOff,
    })
  }

  /** Reads what is on this device: pieces and cards. */
  async load(): Promise<void> {
    await this.library.start()
    const { chat } = this.#components
    this.#offs.push(
      chat.events.on('chat:appended', ({ entries }) => this.#read(entries)),
      chat.events.on('chat:changed', ({ entries }) => this.#read(entries)),
    )
    this.#read(chat.timeline())
    await this.personal.settled()
    await this.#readOwn()
  }

  /** Listens to members and asks those present; call once we answer ourselves. */
  start(): void {
    this.#isStarted = true
    this.holdings.start()
    // Before presence: whoever hears of a change asks where everyone is.
    this.whereabouts.start(() => {
      for (const file of this.#followed()) this.changed(file)
    })
    this.presence.start((account) => this.#presenceChanged(account))
    this.views.refreshAll()
    for (const file of this.cards.withdrawn()) this.#hooks.onWithdrawn(file)
    for (const account of this.presence.direct().keys()) this.#presenceChanged(account)
  }

  stop(): void {
    this.#isStarted = false
    this.#stop.abort()
    this.#cancelRetry?.()
    for (const off of this.#offs.splice(0)) off()
    this.presence.stop()
    this.whereabouts.stop()
    this.holdings.stop()
    this.shapes.stop()
    this.library.stop()
  }

  ownerOf(file: FileId): AccountId | undefined {
    if (this.library.get(file)?.own === true) return this.#components.room.self.account
    return this.cards.ownerOf(file)
  }

  /** Something about a file changed: what is shown, what must be placed, and who waits for it follow. */
  changed(file: FileId): void {
    if (!this.#isStarted) return
    this.shapes.learn(file)
    this.views.refresh(file)
    this.#hooks.onFile(file)
    // Pieces that were on their way here when the file was taken back.
    if (this.library.get(file) !== undefined && this.cards.isWithdrawn(file)) this.#hooks.onWithdrawn(file)
    this.#notify()
  }

  /** Calls back when holders or presence changed, until the returned function is called. */
  watch(listener: () => void): () => void {
    const entry = (): void => listener()
    this.#watchers.add(entry)
    return () => void this.#watchers.delete(entry)
  }

  /** Holders that pieces of a file can be pulled from now (FI-19). */
  sources(file: FileId): ReadonlyMap<AccountId, Source> {
    const direct = this.presence.direct()
    const n = this.shapes.of(file)?.n ?? 0
    const sources = new Map<AccountId, Source>()
    for (const { account, shards } of this.holdings.of(file)) {
      const peer = direct.get(account)
      const real = shards.filter((shard) => shard < n)
      if (peer !== undefined && real.length > 0) sources.set(account, { peer, shards: real })
    }
    return sources
  }

  /** Whether someone may hold the file who is not here, not directly linked, or has not answered yet (FI-21). */
  mayComeBack(file: FileId): boolean {
    const direct = this.presence.direct()
    const self = this.#components.room.self.account
    const isOpen = (account: AccountId): boolean =>
      account !== self &&
      (!direct.has(account) || this.#unsure.has(account)) &&
      !this.blames.has(file, account)
    const owner = this.ownerOf(file)
    const holders = this.holdings.of(file).filter(({ shards }) => shards.length > 0)
    const candidates = [...holders.map(({ account }) => account), ...this.#unsure]
    return (owner !== undefined && isOpen(owner)) || candidates.some(isOpen)
  }

  /** A member spoke to us, so it answers now: ask it if it did not before. */
  heardFrom(account: AccountId): void {
    if (this.#isStarted && this.#unsure.has(account)) this.#askAccount(account)
  }

  /** What looking for manifests needs. */
  finding(): FindManifestComponents {
    const { room, clock, logger } = this.#components
    return {
      ...{ room, clock, logger, library: this.library },
      askable: (file) => this.#askable(file),
      onBlame: (file, account, error) => this.blames.add(file, account, error),
      mayComeBack: (file) => this.mayComeBack(file),
      onHolders: (listener) => this.watch(listener),
    }
  }

  /** Everyone who can be asked, known holders first, then by rendezvous order: likely holders without a word. */
  #askable(file: FileId): ReadonlyMap<AccountId, PeerId> {
    const direct = this.presence.direct()
    const holders = new Set(this.holdings.of(file).map(({ account }) => account))
    const order = ranked(file, direct.keys()).filter((account) => !this.blames.has(file, account))
    const first = order.filter((account) => holders.has(account))
    const askable = new Map<AccountId, PeerId>()
    for (const account of [...first, ...order]) {
      const peer = direct.get(account)
      if (peer !== undefined) askable.set(account, peer)
    }
    return askable
  }

  #read(entries: readonly TimelineEntry[]): void {
    const files = entries.flatMap((entry) => this.cards.addEntry(entry))
    this.personal.take(entries)
    if (!this.#isStarted || files.length === 0) return
    for (const file of files) this.changed(file)
    for (const file of files) if (this.cards.isWithdrawn(file)) this.#hooks.onWithdrawn(file)
    this.holdings.askAll(this.presence.direct(), files, this.#stop.signal).catch((error: unknown) => {
      this.#components.logger('warn', 'asking for holdings failed', { error: errorName(error) })
    })
  }

  /** Own files whose card was lost before it was posted are still shown: their manifest has the name. */
  async #readOwn(): Promise<void> {
    for (const id of this.library.files()) {
      const kept = this.library.get(id)
      if (kept?.key === undefined || !kept.own || this.cards.has(id)) continue
      const bytes = await this.library.manifest(id)
      if (bytes === undefined) continue
      const { manifest } = openManifest(id, bytes)
      const { name, mediaType } = openMeta(openingContext(manifest, kept.key), manifest.sealedMeta)
      const owner = this.#components.room.self.account
      const { key, sizeBytes, addedAt: at } = kept
      this.cards.add({ file: id, key, name, mediaType, sizeBytes, owner, at })
    }
  }

  /** An entry for us or by us can be read from now on (FI-71). */
  #opened({ id, author: owner, at, body }: TimelineEntry, opened: Opened): void {
    if (id === undefined || body.kind !== 'personal') return
    const files = opened === 'unreadable' ? [] : this.cards.addBody(opened, { owner, at, to: body.to })
    for (const file of files) this.changed(file)
    this.#hooks.events.emit('personal:opened', { entry: id })
  }

  #presenceChanged(account: AccountId): void {
    this.#unsure.delete(account)
    this.views.refreshAll()
    if (this.presence.direct().has(account)) this.#askAccount(account)
    else this.#hooks.onAccount(account)
    this.#notify()
  }

  /** Asks an account about every file, and only then lets placement count on it: what it holds needs no offer. */
  #askAccount(account: AccountId): void {
    const peer = this.presence.direct().get(account)
    if (peer === undefined || this.#asking.has(account)) return
    this.#unsure.add(account)
    this.#asking.add(account)
    const files = this.#followed()
    this.holdings
      .ask({ account, peer }, files, this.#stop.signal)
      .then(() => {
        this.#unsure.delete(account)
        for (const file of files) this.shapes.learn(file)
      })
      .catch((error: unknown) => this.#askLater(error))
      .finally(() => {
        this.#asking.delete(account)
        if (this.#isStarted) this.#hooks.onAccount(account)
        this.#notify()
      })
      .catch((error: unknown) => {
        this.#components.logger('error', 'presence was not followed', { error: errorName(error) })
      })
  }

  /** A member may just be starting: it is asked again when it speaks, or after a pause. */
  #askLater(error: unknown): void {
    const { clock, logger } = this.#components
    if (isAbort(error) || !this.#isStarted) return
    logger('debug', 'asking for holdings failed', { error: errorName(error) })
    this.#cancelRetry ??= clock.after(holderPauseMs, () => {
      this.#cancelRetry = undefined
      for (const account of [...this.#unsure]) {
        if (this.presence.direct().has(account)) this.#askAccount(account)
        else this.#unsure.delete(account)
      }
    })
  }

  #notify(): void {
    for (const listener of [...this.#watchers]) listener()
  }

  #followed(): readonly FileId[] {
    return [...new Set([...this.cards.files(), ...this.library.files()])]
  }
}
