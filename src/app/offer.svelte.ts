import type { RoomState } from './room.svelte.ts'
import type { SharedInbox, SharedThings } from './shell-ports.ts'

/** What an offer needs of the app. */
export interface OfferStateInit {
  readonly inbox: (() => Promise<SharedInbox>) | undefined
  /** Resolves once the rooms of this device are known. */
  readonly ready: () => Promise<unknown>
  /** Enters a room of this device, or a new one; undefined when that failed, which is told already. */
  readonly enter: (room: string | undefined) => Promise<RoomState | undefined>
}

/** What another app shared, until the person has chosen a room for it (FI-70). */
export class OfferState {
  readonly #init: OfferStateInit
  /** Whether the person is being asked. */
  isOpen = $state(false)

  constructor(init: OfferStateInit) {
    this.#init = init
  }

  /** Undefined when it is not there any more. */
  async read(): Promise<SharedThings | undefined> {
    await this.#init.ready()
    return await (await this.#init.inbox?.())?.read()
  }
  /** Files are shared in the room, words become its draft. */
  async accept({ files, text }: SharedThings, to: string | undefined): Promise<void> {
    const room = await this.#init.enter(to)
    if (room === undefined) return
    if (text !== '') room.chat.addToDraft(text)
    room.files.sharing.files(files)
  }
  async refuse(): Promise<void> {
    await (await this.#init.inbox?.())?.drop()
  }
}
