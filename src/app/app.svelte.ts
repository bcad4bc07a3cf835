import type { Clock } from '../core/base/clock.ts'
import { TesseraError } from '../core/base/errors.ts'
import type { RoomId } from '../core/base/ids.ts'
import { nextTask } from '../core/base/next-task.ts'
import type { CesEngine } from '../core/ces/index.ts'
import type { RoomSession } from '../core/peer.ts'
import type { RoomLink } from '../core/room/link.ts'
import { Announcer } from './announcer.svelte.ts'
import { draftKey, historyKey } from './keep.ts'
import { OfferState } from './offer.svelte.ts'
import { PeerState } from './peer.svelte.ts'
import { PrefsState } from './prefs.svelte.ts'
import type * as RoomParts from './room.svelte.ts'
import type { RoomState } from './room.svelte.ts'
import { type Route, splitFileLink } from './route.ts'
import { Router, type RouterWindow } from './router.ts'
import { showControls } from './safe-name.ts'
import type { SaveWindow } from './save-place.ts'
import type { AppInstall, AppUpdates, Engine, Keep, SharedInbox, StorageReport } from './shell-ports.ts'
import { StorageState } from './storage.svelte.ts'
import { ToastsState } from './toasts.svelte.ts'
import { errorWords, t } from './words.ts'

/** What is wrong with a link that was given, and the link itself for another try. */
export interface LinkProblem {
  readonly text: string
  readonly words: string
}

/** Which screen is drawn. */
export type View =
  | { readonly kind: 'landing'; readonly problem?: LinkProblem }
  /** The frame of a room whose parts are still being opened. */
  | { readonly kind: 'entering'; readonly title: string }
  | { readonly kind: 'room'; readonly room: RoomState }

/** What the app is made of. Everything of the page comes in here, so that several apps can live in one test. */
export interface AppInit {
  readonly load: () => Promise<Engine>
  /** When the first screen is painted: what it does not need is fetched after it. At once when left out. */
  readonly firstPaint?: Promise<void>
  readonly window: RouterWindow & SaveWindow
  readonly clock: Clock
  /** Kept for good. */
  readonly keep: Keep
  /** Kept for this tab. */
  readonly tabKeep: Keep
  readonly storage: StorageReport | undefined
  readonly createAudio: () => AudioContext
  /** An engine over workers of its own, for the self-test. Whoever asks stops it. */
  readonly createCesEngine: () => Promise<CesEngine>
  readonly version: string
  readonly updates?: AppUpdates | undefined
  readonly install?: AppInstall | undefined
  readonly inbox?: (() => Promise<SharedInbox>) | undefined
}

/** A link given to this tab that has not been entered yet: a reload meanwhile tries it again. */
const pendingLinkKey = 'entering'

/** Thrown when a link field is sent empty. */
class LinkEmptyError extends TesseraError {
  override name = 'LinkEmptyError'
}

/** The whole interface of one tab. */
export class AppState {
  readonly peer: PeerState
  readonly prefs: PrefsState
  readonly toasts: ToastsState
  readonly announcer: Announcer
  readonly storage: StorageState
  readonly version: string
  readonly firstPaint: Promise<void>
  readonly updates: AppUpdates | undefined
  readonly install: AppInstall | undefined
  readonly createCesEngine: () => Promise<CesEngine>
  readonly offer: OfferState
  readonly #init: AppInit
  readonly #router: Router
  #view = $state.raw<View>({ kind: 'landing' })
  /** Grows with each wish to be elsewhere: an older one that is still under way then gives up. */
  #wish = 0

  constructor(init: AppInit) {
    this.#init = init
    this.peer = new PeerState(init.load)
    this.prefs = new PrefsState(init.keep)
    this.toasts = new ToastsState(init.clock)
    this.announcer = new Announcer(init.clock)
    this.storage = new StorageState(init.storage)
    this.version = init.version
    this.firstPaint = init.firstPaint ?? Promise.resolve()
    this.updates = init.updates
    this.install = init.install
    this.createCesEngine = init.createCesEngine
    this.#router = new Router(init.window)
    this.offer = new OfferState({
      inbox: init.inbox,
      ready: () => this.peer.ready(),
      enter: async (room) => {
        if (room === undefined) await this.startRoom()
        else if (room !== this.room?.id) await this.openRoom(room)
        return this.room
      },
    })
  }

  get view(): View {
    return this.#view
  }
  get room(): RoomState | undefined {
    return this.#view.kind === 'room' ? this.#view.room : undefined
  }
  /** True while closing or reloading the page would break something off. */
  get isBusy(): boolean {
    return this.room?.isBusy ?? false
  }

  /** Draws what the address says; the peer is loaded when {@link PeerState.ready} is first asked for. */
  start(): void {
    this.#router.start((route) => this.#follow(route))
  }
  async stop(): Promise<void> {
    this.#router.stop()
    this.announcer.stop()
    await this.#leave()
  }

  /** A fresh room. Failures are told in a notice. */
  async startRoom(): Promise<void> {
    await this.#go(
      () => t('room.entering'),
      async ({ peer }) => peer.newRoom(),
      (error) => {
        this.toasts.problem(error)
        return { kind: 'landing' }
      },
    )
  }

  /** Enters by an invitation. What is wrong with it is told on the landing page, beside the link. */
  async openLink(text: string): Promise<void> {
    this.#init.tabKeep.set(pendingLinkKey, text)
    const { room, file } = splitFileLink(text)
    await this.#go(
      () => t('room.entering'),
      async ({ links }) => links.parse(required(room)),
      (error) => ({ kind: 'landing', problem: { text, words: errorWords(error) } }),
    )
    this.#init.tabKeep.delete(pendingLinkKey)
    if (this.room !== undefined && file !== undefined) this.room.wantedFile = file
  }

  /** Returns to a room this device knows. */
  async openRoom(id: string): Promise<void> {
    await this.#go(
      () => this.#labelOf(id),
      async ({ peer }) => {
        const known = peer.rooms().find((room) => room.id === id)
        if (known === undefined) throw new UnknownRoomError(`expected a known room, got ${id}`)
        return known.link
      },
      (error) => {
        // Of a device whose stored data is gone the bar tells more than this.
        if (error instanceof UnknownRoomError && this.peer.storage === 'damaged') return { kind: 'landing' }
        if (error instanceof UnknownRoomError)
          this.toasts.show({ tone: 'problem', text: t('landing.unknownRoom') })
        else this.toasts.problem(error)
        return { kind: 'landing' }
      },
    )
  }

  /** Back to the landing page. */
  async leave(): Promise<void> {
    this.#wish += 1
    this.#router.toLanding()
    await this.#leave()
  }

  /** Forgets a room after the time to undo; until then it is only hidden. A page closed meanwhile keeps it. */
  async forgetRoom(id: RoomId): Promise<void> {
    const title = this.#labelOf(id)
    if (this.room?.id === id) await this.leave()
    const undo = this.peer.forgetLater(id, this.#init.clock, {
      failed: (error) => this.toasts.problem(error),
      forgotten: () => {
        for (const key of [draftKey(id), historyKey(id)]) this.#init.keep.delete(key)
      },
    })
    this.toasts.show({
      tone: 'info',
      text: t('landing.forgotten', { room: title }),
      action: { label: t('app.undo'), run: undo },
    })
  }

  #follow(route: Route): void {
    if (route.kind === 'link') void this.openLink(route.text)
    else if (route.kind === 'room') void this.openRoom(route.room)
    else if (route.kind === 'shared') {
      this.offer.isOpen = true
      if (this.room !== undefined) this.#router.toRoom(this.room.id)
    } else {
      const pending = this.#init.tabKeep.get(pendingLinkKey)
      if (pending !== undefined && this.#wish === 0) void this.openLink(pending)
      else void this.leave()
    }
  }

  async #go(
    title: () => string,
    linkOf: (engine: Engine) => Promise<RoomLink>,
    failed: (error: unknown) => View,
  ): Promise<void> {
    const wish = ++this.#wish
    this.room?.stop()
    this.#view = { kind: 'entering', title: title() }
    const parts = this.firstPaint.then(roomParts)
    parts.catch(() => undefined) // told where they are needed
    try {
      const engine = await this.peer.ready()
      if (wish !== this.#wish) return
      this.#view = { kind: 'entering', title: title() }
      const link = await linkOf(engine)
      const session = await engine.peer.enter(link)
      await nextTask()
      const room = this.#openRoomState(await parts, engine, session)
      await nextTask()
      if (wish === this.#wish) {
        this.#router.toRoom(room.id)
        await nextTask()
      }
      if (wish !== this.#wish) {
        room.stop()
        // Left while it was opening: the room must not stay open behind the landing page.
        if (this.view.kind === 'landing') await engine.peer.leave()
        return
      }
      this.#view = { kind: 'room', room }
    } catch (error) {
      if (wish !== this.#wish) return
      this.#view = failed(error)
      this.#router.toLanding()
    }
  }

  #openRoomState({ RoomState }: typeof RoomParts, engine: Engine, session: RoomSession): RoomState {
    return new RoomState({
      peer: engine.peer,
      session,
      streams: engine.streams,
      server: engine.server,
      clock: this.#init.clock,
      links: engine.links,
      announcer: this.announcer,
      toasts: this.toasts,
      prefs: this.prefs,
      keep: this.#init.keep,
      saveWindow: this.#init.window,
      createAudio: this.#init.createAudio,
      isVisible: () => !this.#init.window.document.hidden,
      onShare: () => void this.storage.persistOnce(),
    })
  }

  /** The person has read that what was stored is gone. */
  async acknowledgeDamage(): Promise<void> {
    try {
      await this.peer.acknowledgeDamage()
    } catch (error) {
      this.toasts.problem(error)
    }
  }

  async #leave(): Promise<void> {
    const wasInRoom = this.#view.kind !== 'landing'
    this.room?.stop()
    this.#view = { kind: 'landing' }
    if (!wasInRoom || this.peer.phase !== 'ready') return
    try {
      const { peer } = await this.peer.ready()
      await peer.leave()
    } catch (error) {
      this.toasts.problem(error)
    }
  }

  #labelOf(id: string): string {
    const label = this.peer.rooms.find((room) => room.id === id)?.label
    return label === undefined || label === '' ? t('room.unnamed', { id }) : showControls(label)
  }
}

/** Fetched with the first room, beside the peer: the shell draws the landing page without them. */
function roomParts(): Promise<typeof RoomParts> {
  return import('./room.svelte.ts')
}

/** Thrown when a room's address is opened on a device that has not been in it. */
class UnknownRoomError extends TesseraError {
  override name = 'UnknownRoomError'
}

function required(text: string): string {
  if (text.trim() === '') throw new LinkEmptyError('expected a link, got nothing')
  return text.trim()
}
