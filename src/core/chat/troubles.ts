import type { Clock } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { EntryId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { floodNoticeMs } from './constants.ts'
import type { LogEntry } from './entry.ts'
import type { ChatEvents } from './index.ts'

export interface TroublesInit {
  readonly clock: Clock
  readonly logger: Logger
  readonly events: Emitter<ChatEvents>
}

/** What a person is told of entries that were refused or could not be kept: seldom, and only what they can act on. */
export class Troubles {
  readonly #init: TroublesInit
  readonly #toldAt = new Map<string, number>()

  constructor(init: TroublesInit) {
    this.#init = init
  }

  refused(error: unknown): void {
    const { logger, events } = this.#init
    const name = errorName(error)
    logger('debug', 'chat.item-refused', { error: name })
    if (name === 'VersionError') this.#tell(name, () => events.emit('chat:outdated', {}))
    if (name === 'QuotaExceededError' || name === 'StorageError') {
      this.#tell(name, () => events.emit('chat:unkept', { error: name }))
    }
  }

  forked(kept: EntryId | undefined, { author, seq, id }: LogEntry): void {
    this.#init.logger('warn', 'chat.log-forked', { author, seq, kept: kept ?? 'none', other: id })
    this.#init.events.emit('chat:forked', { account: author })
  }

  #tell(what: string, tell: () => void): void {
    const now = this.#init.clock.now()
    if (now - (this.#toldAt.get(what) ?? -Infinity) < floodNoticeMs) return
    this.#toldAt.set(what, now)
    tell()
  }
}
