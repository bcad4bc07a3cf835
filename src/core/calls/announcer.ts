import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { Room } from '../room/index.ts'
import { announceProtocol, maxAnnounceFrameBytes, maxRetryMs, resumeRetryMs } from './constants.ts'
import { encodeAnnouncement, type AnnounceMessage, type Announcement } from './messages.ts'
import type { Reaction } from './reactions.ts'

/** What we say of ourselves, without the age, which is reckoned as it is said. */
export type OwnAnnouncement = Omit<Announcement, 'ageMs'> & { readonly since: number }

interface Target {
  stream: MeshStream | undefined
  isOpening: boolean
  retryMs: number
  cancelRetry: () => void
}

/** Tells every member which call we are in, newcomers at once, and again over a new path when one breaks (SPEC CA-13). */
export class CallAnnouncer {
  readonly #room: Room
  readonly #clock: Clock
  readonly #targets = new Map<PeerId, Target>()
  #current: OwnAnnouncement | undefined
  #stopping: (() => void)[] = []

  constructor(room: Room, clock: Clock) {
    this.#room = room
    this.#clock = clock
  }

  start(): void {
    const { events } = this.#room
    this.#stopping = [
      events.on('member:joined', ({ peer }) => this.#tell(peer)),
      events.on('member:changed', ({ peer, path }) => {
        if (path !== 'away' && this.#targets.get(peer)?.stream === undefined) this.#tell(peer)
      }),
      events.on('member:left', ({ peer }) => this.#forget(peer)),
    ]
  }

  stop(): void {
    this.set(undefined)
    for (const stop of this.#stopping.splice(0)) stop()
  }

  /** What to say from now on; undefined is "not in a call". */
  set(current: OwnAnnouncement | undefined): void {
    this.#current = current
    if (current === undefined) {
      for (const peer of [...this.#targets.keys()]) this.#forget(peer, { t: 'out' })
    } else for (const { peer } of this.#room.members()) this.#tell(peer)
  }

  react(emoji: Reaction): void {
    for (const target of this.#targets.values()) void this.#send(target, { t: 'react', emoji })
  }

  #tell(peer: PeerId): void {
    if (this.#current === undefined) return
    const target = this.#targets.get(peer) ?? {
      stream: undefined,
      isOpening: false,
      retryMs: resumeRetryMs,
      cancelRetry: () => {},
    }
    this.#targets.set(peer, target)
    const { since, ...said } = this.#current
    const ageMs = Math.max(0, this.#clock.now() - since)
    if (target.stream !== undefined) void this.#send(target, { t: 'in', ageMs, ...said })
    else if (!target.isOpening) void this.#open(peer, target)
  }

  async #open(peer: PeerId, target: Target): Promise<void> {
    target.isOpening = true
    target.cancelRetry()
    try {
      const stream = await this.#room.openStream(peer, announceProtocol, {
        maxFrameBytes: maxAnnounceFrameBytes,
        overRelay: true,
      })
      if (this.#targets.get(peer) !== target) return void stream.close()
      target.stream = stream
      target.isOpening = false
      target.retryMs = resumeRetryMs
      stream.signal.addEventListener('abort', () => this.#lost(peer, target, stream), { once: true })
      if (stream.signal.aborted) this.#lost(peer, target, stream)
      else this.#tell(peer)
    } catch {
      // No link now; tried again while we are in a call and the member is one.
      target.isOpening = false
      this.#retry(peer, target)
    }
  }

  #lost(peer: PeerId, target: Target, stream: MeshStream): void {
    if (target.stream !== stream) return
    target.stream = undefined
    this.#retry(peer, target)
  }

  #retry(peer: PeerId, target: Target): void {
    if (this.#targets.get(peer) !== target) return
    target.cancelRetry()
    target.cancelRetry = this.#clock.after(target.retryMs, () => this.#tell(peer))
    target.retryMs = Math.min(target.retryMs * 2, maxRetryMs)
  }

  #forget(peer: PeerId, last?: AnnounceMessage): void {
    const target = this.#targets.get(peer)
    if (target === undefined) return
    this.#targets.delete(peer)
    target.cancelRetry()
    const { stream } = target
    if (stream === undefined) return
    void (last === undefined ? Promise.resolve() : this.#send(target, last)).then(() => stream.close())
  }

  async #send({ stream }: Target, message: AnnounceMessage): Promise<void> {
    try {
      await stream?.send(encodeAnnouncement(message))
    } catch {
      // The stream broke: its end is seen by the listener, which opens another.
    }
  }
}
