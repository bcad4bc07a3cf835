import type { FileId } from '../base/ids.ts'
import type { ShardStore } from '../storage/index.ts'
import { budgetShare, defaultBudgetBytes } from './constants.ts'
import { RefusedError } from './errors.ts'
import { isKeptFetch } from './keeps.ts'

/** What the platform says about its disk; a hint, `QuotaExceededError` is the truth. */
export type SpaceEstimate = () => Promise<{ readonly usageBytes: number; readonly quotaBytes: number }>

/** How much of this device others' files may use (FI-18), counted over all rooms with what is being pulled now. */
export class Budget {
  readonly #shards: ShardStore
  readonly #space: SpaceEstimate | undefined
  readonly #budgetBytes: number | undefined
  /** Whether a file, of any room, is our own or one we are fetching; read once each. */
  readonly #own = new Map<FileId, boolean>()
  #reservedBytes = 0

  constructor(components: {
    shards: ShardStore
    space?: SpaceEstimate | undefined
    budgetBytes?: number | undefined
  }) {
    this.#shards = components.shards
    this.#space = components.space
    this.#budgetBytes = components.budgetBytes
  }

  /**
   * Sets `sizeBytes` aside until the returned function is called. Throws `RefusedError` with reason `too-large` when no
   * budget here would do, `no-space` when there is no room left now.
   */
  async reserve(sizeBytes: number): Promise<() => void> {
    // Counted before the first wait, so that two offers at once never share the same room.
    this.#reservedBytes += sizeBytes
    let held = true
    const release = (): void => {
      if (held) this.#reservedBytes -= sizeBytes
      held = false
    }
    try {
      await this.#check(sizeBytes)
      return release
    } catch (error) {
      release()
      throw error
    }
  }

  /** Bytes that may still be used, as things stand. */
  async freeBytes(): Promise<number> {
    const { budget, free } = await this.#limits()
    const left = Math.min(budget - (await this.#usedBytes()), free) - this.#reservedBytes
    return Math.max(0, Math.floor(left))
  }

  async #limits(): Promise<{ readonly budget: number; readonly free: number }> {
    const space = await this.#space?.()
    const quotaShare = space === undefined ? Infinity : space.quotaBytes * budgetShare
    const budget = this.#budgetBytes ?? Math.min(defaultBudgetBytes, quotaShare)
    return { budget, free: space === undefined ? Infinity : space.quotaBytes - space.usageBytes }
  }

  async #check(sizeBytes: number): Promise<void> {
    const { budget, free } = await this.#limits()
    if (sizeBytes > budget) {
      throw new RefusedError(`offered ${sizeBytes} bytes, the budget is ${budget}`, { reason: 'too-large' })
    }
    const used = await this.#usedBytes()
    if (used + this.#reservedBytes > budget || this.#reservedBytes > free) {
      throw new RefusedError(`offered ${sizeBytes} bytes, ${used} of ${budget} are used`, {
        reason: 'no-space',
      })
    }
  }

  async #usedBytes(): Promise<number> {
    const { byFile } = await this.#shards.usage()
    let usedBytes = 0
    for (const [id, bytes] of byFile) if (!(await this.#isOwn(id))) usedBytes += bytes
    for (const id of this.#own.keys()) if (!byFile.has(id)) this.#own.delete(id)
    return usedBytes
  }

  async #isOwn(id: FileId): Promise<boolean> {
    const known = this.#own.get(id)
    if (known !== undefined) return known
    const file = await this.#shards.file(id)
    const own = file !== undefined && (file.own || isKeptFetch(file))
    this.#own.set(id, own)
    return own
  }
}
