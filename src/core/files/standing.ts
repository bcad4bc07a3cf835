import type { AccountId, FileId } from '../base/ids.ts'
import type { Holdings } from './holdings.ts'
import type { Library } from './library.ts'
import type { Presence } from './presence.ts'
import type { StandingHolder } from './repair-plan.ts'
import type { Spaces } from './spaces.ts'
import { placementWeight } from './weights.ts'
import type { Whereabouts } from './whereabouts.ts'

export interface StandingComponents {
  readonly self: AccountId
  readonly holdings: Holdings
  readonly library: Library
  readonly presence: Presence
  readonly whereabouts: Whereabouts
  readonly spaces: Spaces
  readonly ownerOf: (file: FileId) => AccountId | undefined
  readonly isBlamed: (file: FileId, account: AccountId) => boolean
  /** Whether an account is given nothing more: it gave wrong bytes of any file, or is refused for other reasons. */
  readonly isDistrusted: (account: AccountId) => boolean
}

/** How a file stands, as placement and repair need it: who holds what and where they are, and who may take more. */
export class Standing {
  readonly #components: StandingComponents

  constructor(components: StandingComponents) {
    this.#components = components
  }

  /** Everyone but the owner that signed for columns, ourselves by what the store says (FI-15). */
  holders(file: FileId): readonly StandingHolder[] {
    const { self, holdings, library, whereabouts, ownerOf, isBlamed } = this.#components
    const owner = ownerOf(file)
    const ours = owner === self ? [] : (library.get(file)?.columns ?? [])
    const holders: StandingHolder[] =
      ours.length === 0 ? [] : [{ account: self, shards: ours, state: 'reachable' }]
    for (const { account, shards } of holdings.of(file)) {
      if (account === self || account === owner || shards.length === 0 || isBlamed(file, account)) continue
      holders.push({ account, shards, state: whereabouts.of(account) })
    }
    return holders
  }

  /** Whether the owner is here and did not say that it keeps nothing: then placing is its affair. */
  isOwnerServing(file: FileId): boolean {
    const { self, holdings, library, presence, ownerOf } = this.#components
    const owner = ownerOf(file)
    if (owner === undefined) return false
    if (owner === self) return (library.get(file)?.columns.length ?? 0) > 0
    return presence.reachable(owner) && holdings.get(owner, file)?.shards.length !== 0
  }

  /** Accounts other than ours and the owner that can be given columns now. */
  candidates(file: FileId): readonly AccountId[] {
    const { self, presence, ownerOf, isDistrusted } = this.#components
    const owner = ownerOf(file)
    return [...presence.direct().keys()].filter((account) => {
      return account !== self && account !== owner && !isDistrusted(account)
    })
  }

  /** See {@link placementWeight}. */
  weigh(account: AccountId): number {
    const { spaces, whereabouts } = this.#components
    return placementWeight({
      freeBytes: spaces.freeBytes(account),
      presentMs: whereabouts.presentMs(account),
    })
  }
}
