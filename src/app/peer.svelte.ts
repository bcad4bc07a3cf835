import type { Clock } from '../core/base/clock.ts'
import type { RoomId } from '../core/base/ids.ts'
import type { RelayState } from '../core/mesh/index.ts'
import type { KnownRoom, Peer, StorageState } from '../core/peer.ts'
import type { Engine } from './shell-ports.ts'
import { watch } from './watch.ts'

/** Time in which forgetting a room can be undone; its notice leaves a little earlier. */
const undoMs = 6_500

/** How far the heavy half has come. */
type Phase =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly engine: Engine; readonly changed: () => void }
  | { readonly kind: 'failed'; readonly error: unknown }

/** This tab's peer as the interface sees it: from "not loaded yet" on. */
export class PeerState {
  readonly #load: () => Promise<Engine>
  #phase = $state.raw<Phase>({ kind: 'loading' })
  /** Rooms being forgotten after the time to undo; hidden meanwhile. */
  #hidden = $state.raw<readonly RoomId[]>([])
  #loading: Promise<Engine> | undefined

  constructor(load: () => Promise<Engine>) {
    this.#load = load
  }

  get phase(): Phase['kind'] {
    return this.#phase.kind
  }
  /** Why it could not start, when it could not. */
  get failure(): unknown {
    return this.#phase.kind === 'failed' ? this.#phase.error : undefined
  }
  get relay(): RelayState {
    return this.#peer?.relayState() ?? 'starting'
  }
  /** What becomes of what is stored. */
  get storage(): StorageState {
    return this.#peer?.storageState() ?? 'kept'
  }
  /** The person has read that what was stored is gone. */
  async acknowledgeDamage(): Promise<void> {
    await this.#peer?.acknowledgeDamage()
  }
  get name(): string {
    return this.#peer?.name() ?? ''
  }
  get account(): string {
    return this.#peer?.account ?? ''
  }
  /** Rooms of this device, the last visited first. */
  get rooms(): readonly KnownRoom[] {
    const rooms = this.#peer?.rooms() ?? []
    return rooms
      .filter(({ id }) => !this.#hidden.includes(id))
      .toSorted((a, b) => b.lastVisitAt - a.lastVisitAt)
  }

  /** Loads and starts the peer once; a failed start may be tried again. Resolves to the started engine. */
  async ready(): Promise<Engine> {
    this.#loading ??= this.#start()
    try {
      return await this.#loading
    } catch (error) {
      this.#loading = undefined
      throw error
    }
  }

  /** Throws `InvalidNameError`. */
  async setName(name: string): Promise<void> {
    const { peer } = await this.ready()
    await peer.setName(name)
  }

  /**
   * Hides a room now and removes it from this device after the time to undo; the returned function undoes. `failed` hears
   * of a removal that did not work; the room is shown again then. `forgotten` hears of one that did.
   */
  forgetLater(
    room: RoomId,
    clock: Clock,
    { failed, forgotten }: { failed: (error: unknown) => void; forgotten: () => void },
  ): () => void {
    const show = (): void => {
      this.#hidden = this.#hidden.filter((id) => id !== room)
    }
    this.#hidden = [...this.#hidden, room]
    const cancel = clock.after(undoMs, () => {
      this.ready()
        .then(({ peer }) => peer.forget(room))
        .then(forgotten)
        .catch(failed)
        .finally(show)
    })
    return () => {
      cancel()
      show()
    }
  }

  /** The page goes away. */
  goodbye(): void {
    if (this.#phase.kind === 'ready') this.#phase.engine.peer.goodbye()
  }
  /** The page is back, or the network is. */
  wake(): void {
    if (this.#phase.kind === 'ready') this.#phase.engine.peer.wake()
  }

  get #peer(): Peer | undefined {
    if (this.#phase.kind !== 'ready') return undefined
    this.#phase.changed()
    return this.#phase.engine.peer
  }

  async #start(): Promise<Engine> {
    this.#phase = { kind: 'loading' }
    try {
      const engine = await this.#load()
      await engine.peer.start()
      const changed = watch(
        engine.peer.events,
        'relay:changed',
        'storage:changed',
        'name:changed',
        'rooms:changed',
      )
      this.#phase = { kind: 'ready', engine, changed }
      return engine
    } catch (error) {
      this.#phase = { kind: 'failed', error }
      throw error
    }
  }
}
