import type { Clock, RandomBytes } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { relayedPatienceMs, type Member, type Room } from '../room/index.ts'
import { firstContactMs, maxSessions, moreAfterMs, retryDelaysMs, syncEveryMs } from './constants.ts'
import { Sessions, type SessionsInit } from './sessions.ts'

export interface SyncInit extends Omit<SessionsInit, 'onServed'> {
  readonly room: Room
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

/** What is planned or under way with one peer. */
interface Plan {
  cancel: (() => void) | undefined
  /** When the planned session starts; `Infinity` when none is planned. */
  at: number
  isRunning: boolean
  isAgain: boolean
  failures: number
  isDone: boolean
}

/**
 * When to compare holdings, and with whom: on meeting, when a link turns direct or comes back, every half minute with
 * someone, and when something is known to be missing (SPEC CH-12).
 */
export class Sync {
  readonly #init: SyncInit
  readonly #sessions: Sessions
  readonly #plans = new Map<PeerId, Plan>()
  readonly #paths = new Map<PeerId, Member['path']>()
  readonly #waiting: { readonly peer: PeerId; readonly plan: Plan }[] = []
  #listeners: AbortController | undefined
  #running = 0
  #cancelRound: (() => void) | undefined
  #contact: { promise: Promise<void>; resolve: () => void } | undefined

  constructor(init: SyncInit) {
    this.#init = init
    this.#sessions = new Sessions({ ...init, onServed: (peer, more) => this.#served(peer, more) })
  }

  start(): void {
    const { room } = this.#init
    const listeners = new AbortController()
    this.#listeners = listeners
    const { signal } = listeners
    this.#sessions.start()
    room.events.on('member:joined', (member) => this.#met(member), { signal })
    room.events.on('member:changed', (member) => this.#changed(member), { signal })
    room.events.on('member:left', ({ peer }) => this.#left(peer), { signal })
    for (const member of room.members()) this.#met(member)
    this.#planRound()
  }

  stop(): void {
    this.#listeners?.abort()
    this.#listeners = undefined
    this.#cancelRound?.()
    for (const plan of this.#plans.values()) plan.cancel?.()
    this.#plans.clear()
    this.#paths.clear()
    this.#waiting.length = 0
    this.#sessions.stop()
    this.#contact?.resolve()
  }

  /** Plans a session with a peer; an earlier plan stands. */
  soon(peer: PeerId, delayMs = 0): void {
    if (this.#listeners === undefined || !this.#isPresent(peer)) return
    const plan = this.#planOf(peer)
    if (plan.isRunning) {
      plan.isAgain = true
      return
    }
    const { clock } = this.#init
    const at = clock.now() + delayMs
    if (plan.at <= at) return
    plan.cancel?.()
    plan.at = at
    if (delayMs === 0) this.#begin(peer, plan)
    else plan.cancel = clock.after(delayMs, () => this.#begin(peer, plan))
  }

  /** Plans a session with someone who likely has an author's entries: one of their tabs, else `carrier`, else anyone. */
  soonFor(author: AccountId, carrier: PeerId | undefined, delayMs: number): void {
    const present = this.#present()
    const own = present.find(({ account }) => account === author)
    const peer = own?.peer ?? present.find((member) => member.peer === carrier)?.peer ?? this.#anyone()
    if (peer !== undefined) this.soon(peer, delayMs)
  }

  /**
   * Resolves once holdings were compared with someone, or cannot be: nobody is here, all tries failed, or three seconds
   * have passed.
   */
  async firstContact(): Promise<void> {
    const isDone = [...this.#plans.values()].some((plan) => plan.isDone)
    if (isDone || this.#isHopeless()) return
    if (this.#contact === undefined) {
      let resolve = (): void => undefined
      const promise = new Promise<void>((done) => {
        resolve = done
      })
      this.#contact = { promise, resolve }
      this.#init.clock.after(firstContactMs, resolve)
    }
    await this.#contact.promise
  }

  #isHopeless(): boolean {
    return this.#present().every(({ peer }) => (this.#plans.get(peer)?.failures ?? 0) > 0)
  }

  #met(member: Member): void {
    this.#paths.set(member.peer, member.path)
    this.soon(member.peer, member.path === 'relayed' ? relayedPatienceMs : 0)
  }

  #changed(member: Member): void {
    const before = this.#paths.get(member.peer)
    this.#paths.set(member.peer, member.path)
    const isBetter = before === 'away' || before === undefined || member.path === 'direct'
    if (member.path !== before && isBetter) this.soon(member.peer)
  }

  #left(peer: PeerId): void {
    this.#paths.delete(peer)
    this.#plans.get(peer)?.cancel?.()
    this.#plans.delete(peer)
    if (this.#isHopeless()) this.#contact?.resolve()
  }

  #begin(peer: PeerId, plan: Plan): void {
    plan.cancel = undefined
    plan.at = Infinity
    plan.isRunning = true
    this.#waiting.push({ peer, plan })
    this.#runWaiting()
  }

  #runWaiting(): void {
    while (this.#running < maxSessions) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#running += 1
      void this.#run(next.peer, next.plan)
    }
  }

  async #run(peer: PeerId, plan: Plan): Promise<void> {
    let delayMs: number | undefined
    try {
      if (this.#isPresent(peer)) {
        const more = await this.#sessions.open(peer)
        plan.failures = 0
        plan.isDone = true
        this.#contact?.resolve()
        delayMs = more ? moreAfterMs : plan.isAgain ? 0 : undefined
      }
    } catch (error) {
      plan.failures += 1
      this.#init.logger('debug', 'chat.session-failed', { peer, error: errorName(error) })
      delayMs = retryDelaysMs[plan.failures - 1]
      if (this.#isHopeless()) this.#contact?.resolve()
    }
    this.#running -= 1
    plan.isRunning = false
    plan.isAgain = false
    if (delayMs !== undefined) this.soon(peer, delayMs)
    this.#runWaiting()
  }

  #served(peer: PeerId, more: boolean): void {
    const plan = this.#plans.get(peer)
    if (plan !== undefined) plan.isDone = true
    this.#contact?.resolve()
    if (more) this.soon(peer, moreAfterMs)
  }

  #planRound(): void {
    const { clock, random } = this.#init
    const [chance = 0] = random(1)
    const delayMs = Math.round(syncEveryMs * (0.75 + chance / 512)) // three to five quarters
    this.#cancelRound = clock.after(delayMs, () => {
      const peer = this.#anyone()
      if (peer !== undefined) this.soon(peer)
      this.#planRound()
    })
  }

  #anyone(): PeerId | undefined {
    const present = this.#present()
    const [chance = 0] = this.#init.random(1)
    return present[chance % Math.max(1, present.length)]?.peer
  }

  #present(): readonly Member[] {
    return this.#init.room.members().filter(({ path }) => path !== 'away')
  }

  #isPresent(peer: PeerId): boolean {
    const member = this.#init.room.member(peer)
    return member !== undefined && member.path !== 'away'
  }

  #planOf(peer: PeerId): Plan {
    let plan = this.#plans.get(peer)
    if (plan === undefined) {
      plan = { cancel: undefined, at: Infinity, isRunning: false, isAgain: false, failures: 0, isDone: false }
      this.#plans.set(peer, plan)
    }
    return plan
  }
}
