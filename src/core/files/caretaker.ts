import { errorName, isAbort } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { AccountId, FileId, PeerId } from '../base/ids.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { Member } from '../room/index.ts'
import { Auditor } from './audit.ts'
import { Budget } from './budget.ts'
import { ByteBucket } from './byte-bucket.ts'
import type { Catalogue } from './catalogue.ts'
import { repairRate } from './constants.ts'
import { handOver } from './hand-over.ts'
import { Holder } from './hold.ts'
import type { AuditOutcome, FilesComponents, FilesEvents, FilesInit, HandOver } from './index.ts'
import type { Request } from './messages.ts'
import { Offers } from './offers.ts'
import { Repairer } from './repair.ts'
import { Replicator } from './replicate.ts'
import { Spaces } from './spaces.ts'
import { Standing } from './standing.ts'

/** Everything that keeps files alive among the members: gives columns, takes them, rebuilds lost ones, audits, hands over. */
export class Caretaker {
  readonly #components: FilesComponents
  readonly #catalogue: Catalogue
  readonly #events: Emitter<FilesEvents>
  readonly #budget: Budget
  readonly #spaces: Spaces
  readonly #standing: Standing
  readonly #offers: Offers
  readonly #replicator: Replicator
  readonly #repairer: Repairer
  readonly #auditor: Auditor
  readonly #holder: Holder
  readonly #stop = new AbortController()

  constructor(
    components: FilesComponents,
    init: FilesInit,
    catalogue: Catalogue,
    events: Emitter<FilesEvents>,
  ) {
    this.#components = components
    this.#catalogue = catalogue
    this.#events = events
    const { room, clock, logger, shards, engine, random } = components
    const { library, holdings, presence, whereabouts, blames } = catalogue
    const self = room.self.account
    const isBlamed = (file: FileId, account: AccountId): boolean => blames.has(file, account)
    const ownerOf = (file: FileId): AccountId | undefined => catalogue.ownerOf(file)
    const onBlame = (file: FileId, account: AccountId, error: string): void =>
      blames.add(file, account, error)
    this.#budget = new Budget({ shards, space: components.space, budgetBytes: init.budgetBytes })
    this.#spaces = new Spaces({ room, clock })
    this.#standing = new Standing({
      ...{ self, holdings, library, presence, whereabouts, spaces: this.#spaces, ownerOf, isBlamed },
      isDistrusted: (account) => blames.hasAny(account) || components.isThreat?.(account) === true,
    })
    this.#offers = new Offers({
      ...{ room, clock, logger, holdings },
      onRefused: (file) => catalogue.views.refresh(file),
      onRetry: () => this.considerAll(),
    })
    const shared = { self, logger, presence, library, standing: this.#standing, offers: this.#offers }
    this.#replicator = new Replicator({ ...shared, ownerOf })
    this.#repairer = new Repairer({
      ...shared,
      ...{ room, shards, clock, engine, isBlamed, onBlame, budget: this.#budget },
      bucket: new ByteBucket(clock, repairRate),
      sources: (file) => catalogue.sources(file),
      onAdopted: async (file) => {
        await library.refresh(file)
        await holdings.announce(file)
        catalogue.changed(file)
      },
    })
    this.#auditor = new Auditor({
      ...{ room, clock, random, logger, presence, library, holdings, isBlamed },
      onOutcome: (account, file, outcome, error) => this.#audited(account, file, outcome, error),
    })
    this.#holder = new Holder({
      ...{ room, clock, logger, shards, library, holdings, budget: this.#budget },
      onBlame: (member, file, error) => onBlame(file, member.account, error),
      onStored: (file) => catalogue.changed(file),
    })
  }

  /** Call once the catalogue has started. */
  start(): void {
    this.#auditor.start()
  }

  /** Ends what is under way and resolves once it has cleaned up. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#auditor.stop()
    this.#replicator.stop()
    this.#offers.stop()
    await Promise.all([this.#repairer.stop(), this.#holder.stop()])
  }

  /** Something about a file changed: what must be placed or rebuilt follows. */
  consider(file: FileId): void {
    this.#replicator.consider(file)
    this.#repairer.consider(file)
  }

  considerAll(): void {
    this.#replicator.considerAll()
    this.#repairer.considerAll()
  }

  /** An account came or went, or has told us what it holds. */
  presenceChanged(account: AccountId): void {
    const isHere = this.#catalogue.presence.reachable(account)
    this.#offers.presenceChanged(account, isHere)
    if (!isHere) this.#spaces.forget(account)
    const peer = this.#catalogue.presence.direct().get(account)
    if (peer !== undefined && this.#spaces.freeBytes(account) === undefined) this.#askSpace(account, peer)
    this.considerAll()
  }

  forget(file: FileId): void {
    this.#holder.decline(file)
    this.#offers.forget(file)
    this.#repairer.forget(file)
  }

  lacksSpace(file: FileId, account: AccountId): boolean {
    return this.#offers.lacksSpace(file, account)
  }

  freeBytes(): Promise<number> {
    return this.#budget.freeBytes()
  }

  onOffer(member: Member, offer: Extract<Request, { type: 'offer' }>, stream: MeshStream): Promise<void> {
    return this.#holder.onOffer(member, offer, stream)
  }

  async handOver(signal: AbortSignal | undefined): Promise<HandOver> {
    const { logger, room } = this.#components
    const { library, presence } = this.#catalogue
    const self = room.self.account
    return await handOver(
      { self, logger, presence, library, standing: this.#standing, offers: this.#offers },
      signal,
    )
  }

  #askSpace(account: AccountId, peer: PeerId): void {
    this.#spaces.ask({ account, peer }, this.#stop.signal).catch((error: unknown) => {
      if (isAbort(error)) return
      this.#components.logger('debug', 'space was not told', { peer, error: errorName(error) })
    })
  }

  #audited(account: AccountId, file: FileId, outcome: AuditOutcome, error: string | undefined): void {
    const { blames, holdings } = this.#catalogue
    this.#events.emit('holder:audited', { account, file, outcome })
    if (outcome === 'wrong') blames.add(file, account, error ?? 'CorruptPieceError')
    if (outcome === 'missing') holdings.deny(account, file)
    const peer = this.#catalogue.presence.direct().get(account)
    if (outcome === 'good' && peer !== undefined) this.#askSpace(account, peer) // placement weighs by it
  }
}
