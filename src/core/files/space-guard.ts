import type { Clock } from '../base/clock.ts'
import { AbortError, errorName, QuotaExceededError } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import { within } from '../base/wait.ts'
import type { SpaceEstimate } from './budget.ts'
import type { CardBook } from './cards.ts'
import { personAnswerTimeoutMs, tightBytes, tightShare } from './constants.ts'
import type { EvictionCandidate, Evictor } from './eviction.ts'
import type { Holdings } from './holdings.ts'
import type { AskAboutSpace, NeededHere, SpaceQuestion } from './index.ts'
import type { Library } from './library.ts'

export interface SpaceGuardComponents {
  readonly clock: Clock
  readonly self: AccountId
  readonly space: SpaceEstimate | undefined
  readonly evictor: Evictor
  readonly cards: CardBook
  readonly holdings: Holdings
  readonly library: Library
}

/** What is to be kept here at a person's word. */
export interface SpaceNeed {
  /** At most so many bytes. */
  readonly neededBytes: number
  /** Of what, for the error: "the share". */
  readonly what: string
  readonly signal: AbortSignal
  /** A file that must stay, since it is the one being completed. */
  readonly except?: FileId
  /** Whether a person is told before that little space will be left (FI-86). */
  readonly warns?: boolean
}

/** Sees to it that what a person wants to keep here fits, and asks where that costs something (FI-80 to FI-86). */
export class SpaceGuard {
  readonly #components: SpaceGuardComponents
  /** How a person is asked; without it every answer is the careful one. */
  ask: AskAboutSpace | undefined
  /** A person has said that little space may be left; asked again once there was more. */
  #isTightAccepted = false

  constructor(components: SpaceGuardComponents) {
    this.#components = components
  }

  /**
   * Makes sure that something fits, before anything of it is read. Throws `QuotaExceededError` when it does not, and `AbortError` when a
   * person would rather keep the space.
   */
  async ensure(need: SpaceNeed): Promise<void> {
    const { evictor } = this.#components
    const { neededBytes, what, except } = need
    let free = await this.#freeBytes()
    if (free === undefined) return
    if (neededBytes > free.freeBytes) {
      const missingBytes = neededBytes - free.freeBytes
      const { freeBytes } = free
      await evictor.makeRoom(missingBytes, {
        ...(except === undefined ? {} : { except }),
        mayTake: (needed) => this.#mayTake(needed, { need, freeBytes }),
      })
      free = (await this.#freeBytes()) ?? free
    }
    if (neededBytes > free.freeBytes) {
      const message = `${what} needs ${neededBytes} bytes here, ${free.freeBytes} are free`
      throw new QuotaExceededError(message, { neededBytes, freeBytes: free.freeBytes })
    }
    if (need.warns === true) await this.#warn(need, free)
  }

  async #freeBytes(): Promise<{ readonly freeBytes: number; readonly quotaBytes: number } | undefined> {
    const space = await this.#components.space?.()
    if (space === undefined) return undefined
    const { usageBytes, quotaBytes } = space
    return { freeBytes: Math.max(0, quotaBytes - usageBytes), quotaBytes }
  }

  async #warn(
    need: SpaceNeed,
    { freeBytes, quotaBytes }: { readonly freeBytes: number; readonly quotaBytes: number },
  ): Promise<void> {
    const leftBytes = freeBytes - need.neededBytes
    const isTight = leftBytes < Math.min(tightBytes, quotaBytes * tightShare)
    if (!isTight) this.#isTightAccepted = false
    if (!isTight || this.#isTightAccepted || this.ask === undefined) return
    const question = { kind: 'tight', neededBytes: need.neededBytes, leftBytes } as const
    if (!(await this.#answer(question, need.signal))) {
      throw new AbortError('a person would rather keep the space')
    }
    this.#isTightAccepted = true
  }

  async #mayTake(
    needed: readonly EvictionCandidate[],
    { need, freeBytes }: { readonly need: SpaceNeed; readonly freeBytes: number },
  ): Promise<boolean> {
    const files = needed.map((candidate) => this.#describe(candidate))
    const { neededBytes, signal } = need
    return await this.#answer({ kind: 'release', neededBytes, freeBytes, files }, signal)
  }

  /** A person's word; no word within the time, or nobody to ask, is no. Throws `AbortError` when what it is for was ended. */
  async #answer(question: SpaceQuestion, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#components
    const { ask } = this
    if (ask === undefined) return false
    const over = new AbortController()
    try {
      const answer = ask(question, over.signal)
      return await within(answer, 'an answer', { clock, timeoutMs: personAnswerTimeoutMs, signal })
    } catch (error) {
      if (errorName(error) === 'TimeoutError') return false
      throw error
    } finally {
      over.abort()
    }
  }

  #describe({ id: file, keptBytes, spare, own }: EvictionCandidate): NeededHere {
    const { cards } = this.#components
    const name = cards.first(file)?.name
    const facts = { file, keptBytes, own, ...(name === undefined ? {} : { name }) }
    if (spare >= 0) return { ...facts, cost: 'fragile' }
    return { ...facts, cost: this.#isWithAway(file) ? 'waiting' : 'lost' }
  }

  /** Whether others have enough of a file, counting those who are away. */
  #isWithAway(file: FileId): boolean {
    const { holdings, library, self } = this.#components
    const k = library.get(file)?.shape.k ?? Infinity
    const others = holdings.of(file).filter(({ account }) => account !== self)
    return new Set(others.flatMap(({ shards }) => shards)).size >= k
  }
}
