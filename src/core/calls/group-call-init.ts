import type { Clock, RandomBytes } from '../base/clock.ts'
import type { AccountId, CallId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Room } from '../room/index.ts'
import type { EndReason } from './index.ts'
import type { CallMedia, LocalMedia, MediaEngine } from './media.ts'
import type { EndWord } from './messages.ts'
import type { CallRequest } from './requests.ts'

/** What a stay in a call tells its owner. */
interface GroupCallListener {
  local(local: LocalMedia): void
  /** Who is linked, and how, has changed. */
  changed(): void
  /** The one other person of a rung call is gone, or could not be linked to. */
  over(reason: EndReason, last?: EndWord): void
  /** Figures of the links were read. */
  measured(): void
  /** A participant asks something of us. */
  asked(peer: PeerId, account: AccountId, what: CallRequest): void
  /** A participant said that it leaves; it counts as out from now. */
  left(peer: PeerId): void
}

export interface GroupCallInit {
  readonly room: Room
  readonly engine: MediaEngine
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly call: CallId
  readonly wanted: CallMedia
  /** Whether addresses are hidden now. */
  readonly isRelayOnly: () => boolean
  /** A call of two that ends with either of them, until a third comes (SPEC CA-14). */
  readonly isRung: boolean
  readonly listener: GroupCallListener
}
