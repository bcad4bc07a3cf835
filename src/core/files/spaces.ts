import type { Clock } from '../base/clock.ts'
import { ProtocolError } from '../base/errors.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import type { Room } from '../room/index.ts'
import { asking, nextAnswer, sendRequest } from './protocol.ts'

/** What accounts say they still give to others, as last heard: a hint for placement, their refusal is the truth (FI-61). */
export class Spaces {
  readonly #components: { readonly room: Pick<Room, 'openStream'>; readonly clock: Clock }
  readonly #freeBytes = new Map<AccountId, number>()

  constructor(components: { readonly room: Pick<Room, 'openStream'>; readonly clock: Clock }) {
    this.#components = components
  }

  freeBytes(account: AccountId): number | undefined {
    return this.#freeBytes.get(account)
  }

  /** Asks a member. Older builds end the stream instead of answering. Throws stream errors, `ProtocolError`, `AbortError`. */
  async ask(
    { account, peer }: { readonly account: AccountId; readonly peer: PeerId },
    signal?: AbortSignal,
  ): Promise<void> {
    await asking(this.#components, peer, signal, async (stream, options) => {
      await sendRequest(stream, { type: 'space' })
      const answer = await nextAnswer(stream, options)
      if (answer.type !== 'space') throw new ProtocolError('expected space')
      this.#freeBytes.set(account, answer.freeBytes)
    })
  }

  /** An account left: what it said is forgotten, which bounds what is kept. */
  forget(account: AccountId): void {
    this.#freeBytes.delete(account)
  }
}
