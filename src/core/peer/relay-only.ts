import type { RoomId } from '../base/ids.ts'
import type { Calls } from '../calls/index.ts'
import type { Mesh } from '../mesh/index.ts'
import type { SettingsStore } from '../storage/index.ts'

interface RelayOnlyInit {
  readonly room: RoomId
  readonly settings: SettingsStore
  readonly mesh: Pick<Mesh, 'setRelayOnly'>
  readonly calls: Pick<Calls, 'setRelayOnly'>
}

/** A room's relay-only switch: kept with the room, and one for its calls and for the links under everything else. */
export class RelayOnly {
  readonly #init: RelayOnlyInit
  readonly #key: string
  /** One change after the other: what is kept must be what was said last. */
  #turn: Promise<void> = Promise.resolve()

  constructor(init: RelayOnlyInit) {
    this.#init = init
    this.#key = `room/${init.room}/relay-only`
  }

  /** Puts it as it was left. Before the room reaches for anybody: the first link shows the address. */
  async load(): Promise<void> {
    await this.#apply((await this.#init.settings.get(this.#key)) === true)
  }

  /** Throws `NoTurnServerError`, changing nothing; a `StorageError` says that it holds until this tab is closed only. */
  set(on: boolean): Promise<void> {
    const done = this.#turn.then(async () => {
      await this.#apply(on)
      await this.#init.settings.set(this.#key, on)
    })
    this.#turn = done.catch(() => undefined) // whoever asked has the error; the next in turn does not
    return done
  }

  async #apply(on: boolean): Promise<void> {
    await this.#init.calls.setRelayOnly(on)
    this.#init.mesh.setRelayOnly(on)
  }
}
