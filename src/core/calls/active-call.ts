import type { AccountId, CallId } from '../base/ids.ts'
import type { CallMedia, LocalMedia, MediaEngine, MediaSession, MediaSignal } from './index.ts'
import type { CallMessage } from './messages.ts'
import type { CallChannel } from './protocol.ts'

/** What an active call tells its owner. */
export interface ActiveCallListener {
  /** Media link state changed. */
  media(state: 'connecting' | 'connected' | 'disconnected' | 'failed'): void
  local(local: LocalMedia): void
  remote(remote: CallMedia): void
  /** Anything but a signal arrived. */
  message(message: CallMessage): void
  /** The signalling stream ended without an `end`. */
  channelLost(): void
  /** The other side broke the rules of signalling, or devices and engine failed for good. */
  failed(error: unknown): void
}

/**
 * The media session and the signalling stream of one call. Either may come first: signals wait for the other.
 */
export class ActiveCall {
  readonly call: CallId
  readonly account: AccountId
  readonly isInitiator: boolean
  readonly #listener: ActiveCallListener
  #session: MediaSession | undefined
  #channel: CallChannel | undefined
  #outbox: MediaSignal[] = []
  #inbox: MediaSignal[] = []
  #closed = false

  constructor(call: CallId, account: AccountId, isInitiator: boolean, listener: ActiveCallListener) {
    this.call = call
    this.account = account
    this.isInitiator = isInitiator
    this.#listener = listener
  }

  get channel(): CallChannel | undefined {
    return this.#channel
  }

  /** Opens devices and the peer connection. The caller is the impolite side of perfect negotiation. */
  async openMedia(engine: MediaEngine, wanted: CallMedia): Promise<void> {
    const { session, local } = await engine.open(this.call, { wanted, polite: !this.isInitiator })
    if (this.#closed) {
      session.close()
      return
    }
    this.#session = session
    session.onSignal((signal) => this.#sendSignal(signal))
    session.onState((state) => this.#listener.media(state))
    session.onRemote((remote) => this.#listener.remote(remote))
    this.#listener.local(local)
    const waiting = this.#inbox
    this.#inbox = []
    for (const signal of waiting) await this.#takeSignal(signal)
  }

  /** Binds a signalling stream: sends what waited and reads until it ends. */
  attach(channel: CallChannel): void {
    this.#channel = channel
    const waiting = this.#outbox
    this.#outbox = []
    for (const signal of waiting) void channel.send({ t: 'signal', signal })
    void this.#read(channel)
  }

  async #read(channel: CallChannel): Promise<void> {
    for (;;) {
      const message = await channel.receive()
      if (this.#closed || this.#channel !== channel) return
      if (message === undefined) {
        this.#channel = undefined
        this.#listener.channelLost()
        return
      }
      if (message.t === 'signal') await this.#takeSignal(message.signal)
      else this.#listener.message(message)
    }
  }

  async #takeSignal(signal: MediaSignal): Promise<void> {
    if (this.#session === undefined) {
      this.#inbox.push(signal) // bounded by the channel's own count of candidates
      return
    }
    try {
      await this.#session.signal(signal)
    } catch (error) {
      if (!this.#closed) this.#listener.failed(error)
    }
  }

  #sendSignal(signal: MediaSignal): void {
    if (this.#closed) return
    if (this.#channel === undefined) this.#outbox.push(signal)
    else void this.#channel.send({ t: 'signal', signal })
  }

  async setMuted(muted: boolean): Promise<void> {
    if (this.#session !== undefined) this.#listener.local(await this.#session.setMuted(muted))
  }

  async setCamera(on: boolean): Promise<void> {
    if (this.#session !== undefined) this.#listener.local(await this.#session.setCamera(on))
  }

  /** Releases devices and the peer connection, and tells the other side why when given. Twice is fine. */
  close(last?: CallMessage): void {
    if (this.#closed) return
    this.#closed = true
    this.#session?.close()
    if (last !== undefined) void this.#channel?.end(last)
    else void this.#channel?.stream.close()
  }
}
