import type { FileId } from '../core/base/ids.ts'
import type { Clock } from '../core/base/clock.ts'
import type { Peer, RoomSession } from '../core/peer.ts'
import type { Announcer } from './announcer.svelte.ts'
import { CallState } from './call.svelte.ts'
import type { CallStreams } from './call-streams.ts'
import { ChatState } from './chat.svelte.ts'
import type { FileServer } from './file-server.ts'
import { FilesState } from './files.svelte.ts'
import { fileLink } from './route.ts'
import { PeopleState } from './people.svelte.ts'
import type { PrefsState } from './prefs.svelte.ts'
import { PrivacyState } from './privacy.svelte.ts'
import { Ringtone } from './ringtone.ts'
import { showControls } from './safe-name.ts'
import { SavePlace, type SaveWindow } from './save-place.ts'
import type { Keep, RoomLinks } from './shell-ports.ts'
import type { ToastsState } from './toasts.svelte.ts'
import { watch } from './watch.ts'
import { t } from './late-words.ts'

/** How the room is linked to others, in one word for the whole screen. */
export type RoomConnection = 'connecting' | 'ready' | 'offline'

/** What a room state is made of. */
export interface RoomStateInit {
  readonly peer: Peer
  readonly session: RoomSession
  readonly streams: CallStreams
  readonly server: FileServer
  readonly clock: Clock
  readonly links: RoomLinks
  readonly announcer: Announcer
  readonly toasts: ToastsState
  readonly prefs: PrefsState
  readonly keep: Keep
  readonly saveWindow: SaveWindow
  readonly createAudio: () => AudioContext
  readonly isVisible: () => boolean
  /** Told when a person's share begins. */
  readonly onShare?: () => void
}

/** The open room, with one state for each of its features. */
export class RoomState {
  readonly people: PeopleState
  readonly chat: ChatState
  readonly files: FilesState
  readonly call: CallState
  readonly privacy: PrivacyState
  readonly id: RoomSession['room']['id']
  /** A link led here for this file; cleared once the person moves on. */
  wantedFile = $state<string | undefined>()
  readonly #init: RoomStateInit
  readonly #peerChanged: () => void
  readonly #offs: (() => void)[] = []

  constructor(init: RoomStateInit) {
    const { session, toasts } = init
    this.#init = init
    this.id = session.room.id
    this.#peerChanged = watch(init.peer.events, 'relay:changed', 'rooms:changed', 'name:changed')
    this.privacy = new PrivacyState(session, toasts)
    this.people = new PeopleState(session.room, init.announcer, toasts, this.#peerChanged)
    const places = new SavePlace({ ...init, window: init.saveWindow })
    const { files, chat } = session
    const links = (file: FileId): string => fileLink(this.inviteLink, file)
    this.files = new FilesState({
      ...{ ...init, files, chat, places, links, room: this.id, people: this.people },
    })
    this.#offs.push(
      session.files.events.on('transfer:changed', ({ transfer }) => {
        if (transfer.direction === 'share') init.onShare?.()
      }),
    )
    const ringtone = new Ringtone(init.createAudio)
    this.call = new CallState({
      ...init,
      calls: session.calls,
      self: session.room.self,
      nameOf: (account) => this.people.nameOf(account),
      ringtone,
    })
    this.chat = new ChatState({ ...init, chat: session.chat, room: this.id, people: this.people })
  }

  /** Name given on this device, or undefined. */
  get label(): string | undefined {
    this.#peerChanged()
    const label = this.#init.peer.rooms().find((room) => room.id === this.id)?.label
    return label === undefined || label === '' ? undefined : showControls(label)
  }
  /** What to call the room on screen. */
  get title(): string {
    return this.label ?? t('room.unnamed', { id: this.id })
  }
  get relay(): ReturnType<Peer['relayState']> {
    this.#peerChanged()
    return this.#init.peer.relayState()
  }
  /** People linked to us now. */
  get linked(): number {
    return this.people.reachable.length
  }
  get connection(): RoomConnection {
    if (this.relay === 'online' || this.linked > 0) return 'ready'
    return this.relay === 'offline' ? 'offline' : 'connecting'
  }
  /** The link that lets others in. Holds the secret: only shown on the person's word. */
  get inviteLink(): string {
    return this.#init.links.format(this.#init.session.link)
  }
  /** True while leaving would break something off. */
  get isBusy(): boolean {
    return this.call.isBusy || this.files.isBusy
  }

  async rename(label: string): Promise<void> {
    try {
      await this.#init.peer.labelRoom(this.id, label.trim())
    } catch (error) {
      this.#init.toasts.problem(error)
    }
  }

  stop(): void {
    for (const off of this.#offs.splice(0)) off()
    this.chat.stop()
    this.files.stop()
    this.call.stop()
    this.people.stop()
  }
}
