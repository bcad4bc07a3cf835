import type { Clock } from '../base/clock.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import { firstWant, GiveWay, limitsOf, type Want } from './adapt.ts'
import {
  maxCandidates,
  maxRequestsPerMinute,
  maxWantsPerMinute,
  reconnectGraceMs,
  restartAfterMs,
} from './constants.ts'
import { SignalOrderError } from './errors.ts'
import type { LinkMediaState, LocalSession, MediaLink, MediaSignal } from './media.ts'
import type { CallMessage, EndWord, LinkId, SessionId } from './messages.ts'
import type { CallChannel } from './protocol.ts'
import { QualityMeter, type LinkQuality } from './quality.ts'
import { RateWindow } from './rate.ts'
import { hiddenSignal } from './relay-only.ts'
import { SignalRules } from './signal-rules.ts'

/** How a link to one participant stands: being made, carrying media, or broken and trying to come back. */
export type LinkState = 'connecting' | 'connected' | 'reconnecting'

/** What a link tells its owner. */
export interface LinkListener {
  changed(link: Link): void
  /** The other side said that it is over, or answered the ring. */
  heard(link: Link, message: CallMessage): void
  /** The signalling stream ended without an `end`; media may well go on. */
  channelLost(link: Link): void
  /** The other side broke a rule of signalling, or (`isRule` false) the browser could not follow. */
  broke(link: Link, error: unknown, isRule: boolean): void
  /** Media did not come, or did not come back, in time. */
  expired(link: Link): void
}

export interface LinkInit {
  readonly id: LinkId
  readonly peer: PeerId
  readonly account: AccountId
  /** Opened the stream: makes every offer, and opens the stream again. */
  readonly isOpener: boolean
  /** Whether addresses are hidden now; what it says as media is bound holds for the life of the link. */
  readonly isRelayOnly: () => boolean
  readonly clock: Clock
}

/**
 * One pair of participants: the signalling stream and the media connection. Either may come first or be replaced: signals
 * wait for the other.
 */
export class Link {
  readonly init: LinkInit
  /** The stay of the other side this link belongs to; unknown for a ring until its first announcement. */
  session: SessionId | undefined
  listener: LinkListener | undefined
  readonly #rules: SignalRules
  #state: LinkState = 'connecting'
  #media: MediaLink | undefined
  #isHidden = false
  #wasAttached = false
  #channel: CallChannel | undefined
  #outbox: MediaSignal[] = []
  #inbox: MediaSignal[] = []
  /** What was asked of the other side and not answered: said again on a new stream, since the old one may have lost it. */
  #unanswered: MediaSignal[] = []
  readonly #wantRate: RateWindow
  readonly #requestRate: RateWindow
  /** What the other side asks of our camera, and we of theirs. */
  #theirWant: Want = firstWant
  #ourWant: Want | undefined
  #meter = new QualityMeter()
  #quality: LinkQuality | undefined
  readonly #giveWay = new GiveWay()
  #isEntered = false
  #isClosed = false
  #cancelGrace: () => void = () => {}
  #cancelRestart: () => void = () => {}

  constructor(init: LinkInit, session?: SessionId) {
    this.init = init
    this.session = session
    this.#rules = new SignalRules(init.clock, init.isOpener)
    this.#requestRate = new RateWindow(init.clock, maxRequestsPerMinute, 60_000)
    this.#wantRate = new RateWindow(init.clock, maxWantsPerMinute, 60_000)
  }

  get peer(): PeerId {
    return this.init.peer
  }
  get state(): LinkState {
    return this.#state
  }
  get channel(): CallChannel | undefined {
    return this.#channel
  }

  /** Figures of the last second; undefined while there is nothing true to say. */
  get quality(): LinkQuality | undefined {
    if (this.#state !== 'connected' || this.#quality === undefined) return undefined
    const { path } = this.#quality
    return { ...this.#quality, path: this.#isHidden && path === 'relayed' ? 'hidden' : path }
  }

  /** Asks the other side for so much of its camera. */
  want(want: Want): void {
    if (this.#ourWant === want) return
    this.#ourWant = want
    void this.#channel?.send({ t: 'want', want })
  }

  /** Sends what the other side wants, as far as `links` connections allow. */
  limit(links: number): void {
    this.#media?.limit(limitsOf(this.#theirWant, links, this.#giveWay.steps))
  }

  /** Reads the connection's counters. @param links how many share our uplink */
  async measure(links: number): Promise<void> {
    if (this.#state !== 'connected' || this.#media === undefined) return
    const meter = this.#meter
    const report = await this.#media.report().catch((error: unknown) => {
      this.#quality = undefined // what cannot be read is not known
      throw error
    })
    if (this.#isClosed || this.#meter !== meter) return // what was counted is of a link that broke meanwhile
    this.#quality = meter.next(report)
    const loss = this.#quality?.seen.loss
    if (loss !== undefined && this.#giveWay.hear(loss, report.atMs)) this.limit(links)
  }

  /** From here on signals are welcome, and media has its time to come: the ring was accepted, or the call joined. */
  enter(): void {
    if (this.#isEntered || this.#isClosed) return
    this.#isEntered = true
    this.#startGrace()
  }

  /** Makes the media connection of our devices; what came before is fed to it. */
  bind(local: LocalSession): void {
    if (this.#isClosed || this.#media !== undefined) return
    this.#isHidden = this.init.isRelayOnly()
    const media = local.link(this.peer, this.init.isOpener, this.#isHidden)
    this.#media = media
    media.onState((state) => this.#mediaChanged(state))
    media.onSignal((signal) => this.#sendSignal(signal))
    const waiting = this.#inbox
    this.#inbox = []
    void this.#feed(media, waiting)
  }

  /**
   * Binds a signalling stream: asks again what is not answered, sends what waited and reads until it ends. Replaces one there was.
   * An answer that waited is not sent: its offer comes again, and gets a new one. Of candidates nobody knows which were lost with the old
   * stream: media that is not there yet looks for its way anew.
   */
  attach(channel: CallChannel): void {
    void this.#channel?.stream.close()
    this.#channel = channel
    const isAnswering = this.#outbox.some((one) => one.kind === 'description' && one.type === 'answer')
    const waiting = isAnswering && this.#wasAttached ? [] : this.#outbox
    const news = waiting.filter((signal) => !this.#unanswered.includes(signal))
    const mayLack = this.#wasAttached && this.#state !== 'connected' && this.#rules.isAnswered
    this.#wasAttached = true
    this.#outbox = []
    for (const signal of [...this.#unanswered, ...news]) void channel.send({ t: 'signal', signal })
    if (this.#ourWant !== undefined) void channel.send({ t: 'want', want: this.#ourWant })
    void this.#read(channel)
    if (mayLack) this.restart()
  }

  /** Looks for a new way through the network. */
  restart(): void {
    this.#media?.restart()
  }

  async #read(channel: CallChannel): Promise<void> {
    for (;;) {
      const message = await channel.receive()
      if (this.#isClosed || this.#channel !== channel) return
      if (message === undefined) {
        this.#channel = undefined
        this.listener?.channelLost(this)
        return
      }
      if (message.t === 'want' && this.#wantRate.take()) {
        this.#theirWant = message.want
        this.listener?.changed(this)
      } else if (message.t === 'ask') {
        if (this.#isEntered && this.#requestRate.take()) this.listener?.heard(this, message)
      } else if (message.t !== 'signal') this.listener?.heard(this, message)
      else if (!(await this.#takeSignal(channel, message.signal))) return
    }
  }

  /** False when the signal broke a rule, and with it the link. */
  async #takeSignal(channel: CallChannel, signal: MediaSignal): Promise<boolean> {
    try {
      if (!this.#isEntered) throw new SignalOrderError('a signal came before the call was accepted')
      if (!this.#rules.check(signal)) return true
      if (signal.kind === 'description') this.#unanswered = []
    } catch (error) {
      this.#channel = undefined
      channel.refuse(error)
      this.listener?.broke(this, error, true)
      return false
    }
    if (this.#media === undefined)
      this.#inbox.push(signal) // bounded by the rules' counts
    else await this.#feed(this.#media, [signal])
    return true
  }

  async #feed(media: MediaLink, signals: readonly MediaSignal[]): Promise<void> {
    try {
      for (const signal of signals) {
        const allowed = this.#isHidden ? hiddenSignal(signal) : signal
        if (allowed !== undefined) await media.signal(allowed)
      }
    } catch (error) {
      if (!this.#isClosed) this.listener?.broke(this, error, false)
    }
  }

  #sendSignal(made: MediaSignal): void {
    const signal = this.#isHidden ? hiddenSignal(made) : made
    if (this.#isClosed || signal === undefined) return
    this.#rules.sent(signal)
    this.#noteAsked(signal)
    if (this.#channel === undefined) this.#outbox.push(signal)
    else void this.#channel.send({ t: 'signal', signal })
  }

  /** An offer with its candidates is open until its answer comes, a wish for one until the offer does. */
  #noteAsked(signal: MediaSignal): void {
    const isQuestion = signal.kind === 'restart' || (signal.kind === 'description' && signal.type === 'offer')
    if (isQuestion) this.#unanswered = [signal]
    else if (signal.kind === 'candidate' && this.#unanswered[0]?.kind === 'description') {
      if (this.#unanswered.length <= maxCandidates) this.#unanswered.push(signal)
    }
  }

  #mediaChanged(media: LinkMediaState): void {
    if (this.#isClosed) return
    if (media === 'connected') {
      this.#cancelGrace()
      this.#cancelRestart()
      this.#to('connected')
    } else if (media === 'connecting') {
      return // a first connection says so already; a restart stays "reconnecting" until it is through
    } else if (this.#state !== 'connecting') {
      if (this.#state === 'connected') {
        this.#to('reconnecting')
        this.#startGrace()
      }
      this.#restartSoon(media === 'failed' ? 0 : restartAfterMs)
    }
  }

  #restartSoon(delayMs: number): void {
    this.#cancelRestart()
    this.#cancelRestart = this.init.clock.after(delayMs, () => this.restart())
  }

  #startGrace(): void {
    this.#cancelGrace()
    this.#cancelGrace = this.init.clock.after(reconnectGraceMs, () => this.listener?.expired(this))
  }

  #to(state: LinkState): void {
    if (this.#state === state) return
    this.#state = state
    this.#quality = undefined // figures of before are not true any more, nor are counts over the break
    this.#meter = new QualityMeter()
    this.listener?.changed(this)
  }

  /** Closes both, and tells the other side why when given. Twice is fine. */
  close(reason?: EndWord): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelGrace()
    this.#cancelRestart()
    this.#media?.close()
    if (reason !== undefined) void this.#channel?.end({ t: 'end', reason })
    else void this.#channel?.stream.close()
  }
}
