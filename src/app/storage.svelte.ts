import type { StorageReport } from './shell-ports.ts'

/** How much this device keeps, and whether it may be taken away. */
export class StorageState {
  readonly #report: StorageReport | undefined
  #usedBytes = $state<number | undefined>()
  #quotaBytes = $state<number | undefined>()
  #isPersisted = $state(false)
  #wasRefused = $state(false)
  #wasAsked = false

  /** @param report undefined where the browser has no storage manager (insecure context, old engine) */
  constructor(report: StorageReport | undefined) {
    this.#report = report
  }

  get usedBytes(): number | undefined {
    return this.#usedBytes
  }
  get quotaBytes(): number | undefined {
    return this.#quotaBytes
  }
  get isPersisted(): boolean {
    return this.#isPersisted
  }
  /** The browser was asked to keep everything and did not agree. */
  get wasRefused(): boolean {
    return this.#wasRefused
  }

  /** Reads the figures anew. */
  async refresh(): Promise<void> {
    try {
      const estimate = await this.#report?.estimate()
      this.#usedBytes = estimate?.usage
      this.#quotaBytes = estimate?.quota
      this.#isPersisted = (await this.#report?.persisted()) ?? false
    } catch {
      // Opaque origins and some private windows refuse to tell: the figures stay unknown, which is drawn as such.
    }
  }

  /**
   * A person has put something here that must stay: asks the browser once to keep it, unless it does already. A refusal is
   * not told; the settings say how it is, and ask again.
   */
  async persistOnce(): Promise<void> {
    if (this.#wasAsked) return
    this.#wasAsked = true
    try {
      const isPersisted = (await this.#report?.persisted()) ?? false
      this.#isPersisted = isPersisted || ((await this.#report?.persist()) ?? false)
    } catch {
      // As in `refresh`: what is not told stays unknown.
    }
  }

  /** Asks the browser not to remove what is kept. */
  async persist(): Promise<void> {
    this.#isPersisted = (await this.#report?.persist().catch(() => false)) ?? false
    this.#wasRefused = !this.#isPersisted
  }
}
