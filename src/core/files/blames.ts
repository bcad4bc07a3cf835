import type { AccountId, FileId } from '../base/ids.ts'
import type { FilesEvents } from './index.ts'

/** Who gave wrong bytes of which file since we started: not asked for it again, and not counted as holding it (FI-19). */
export class Blames {
  readonly #byFile = new Map<FileId, Set<AccountId>>()
  readonly #onBlame: (blame: FilesEvents['holder:blamed']) => void

  constructor(onBlame: (blame: FilesEvents['holder:blamed']) => void) {
    this.#onBlame = onBlame
  }

  has(file: FileId, account: AccountId): boolean {
    return this.#byFile.get(file)?.has(account) === true
  }

  /** Whether the account gave wrong bytes of any file: it is given no more of others (FI-61). */
  hasAny(account: AccountId): boolean {
    return [...this.#byFile.values()].some((accounts) => accounts.has(account))
  }

  /** @param error stable name of what went wrong */
  add(file: FileId, account: AccountId, error: string): void {
    if (this.has(file, account)) return
    const accounts = this.#byFile.get(file) ?? new Set()
    this.#byFile.set(file, accounts.add(account))
    this.#onBlame({ account, file, error })
  }
}
