import type { AccountId, EntryId } from '../base/ids.ts'

/** Most histories remembered, in all. */
const maxRefused = 1_024

/** Histories that were looked at and cannot be taken: without this memory every round would ask for them again (SPEC CH-6). */
export class RefusedHeads {
  readonly #keys = new Set<string>()

  has(author: AccountId, head: EntryId): boolean {
    return this.#keys.has(author + head)
  }

  add(author: AccountId, head: EntryId): void {
    this.#keys.add(author + head)
    if (this.#keys.size <= maxRefused) return
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest)
      break
    }
  }
}
