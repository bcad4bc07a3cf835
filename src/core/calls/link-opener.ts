import type { CallId } from '../base/ids.ts'
import type { Clock } from '../base/clock.ts'
import type { Room } from '../room/index.ts'
import { callProtocol, maxCallFrameBytes, reopenMs } from './constants.ts'
import { NotReachableError } from './errors.ts'
import type { Link } from './link.ts'
import type { SessionId } from './messages.ts'
import { CallChannel } from './protocol.ts'

interface LinkOpenerInit {
  readonly room: Room
  readonly clock: Clock
  readonly call: CallId
  readonly session: SessionId
  /** Whether the link is still the one of its participant. */
  readonly isCurrent: (link: Link) => boolean
  /** Told why signalling of the other side was refused. */
  readonly onRefused: (error: unknown) => void
}

/** Opens the signalling stream of links, the first or one for one that broke; media goes on meanwhile (SPEC CA-9). */
export class LinkOpener {
  readonly #init: LinkOpenerInit

  constructor(init: LinkOpenerInit) {
    this.#init = init
  }

  /** Does not reject: tries until the link is given up. @param isFresh whether there is no media of it yet */
  async open(link: Link, isFresh: boolean): Promise<void> {
    const { clock, isCurrent } = this.#init
    try {
      await this.#try(link, isFresh)
    } catch {
      // Not reachable now; the grace of its media, or its leaving, ends the tries.
      clock.after(reopenMs, () => {
        if (isCurrent(link) && link.channel === undefined) void this.open(link, isFresh)
      })
    }
  }

  async #try(link: Link, isFresh: boolean): Promise<void> {
    const { room, call, session, isCurrent, onRefused } = this.#init
    if (link.session === undefined) {
      throw new NotReachableError('the other side has not said yet that it is in')
    }
    const to = link.session
    const options = { maxFrameBytes: maxCallFrameBytes, overRelay: true }
    const channel = new CallChannel(await room.openStream(link.peer, callProtocol, options), onRefused)
    if (!isCurrent(link)) return void channel.stream.close()
    await channel.send({ t: 'join', call, from: session, to, link: link.init.id, isFresh })
    link.attach(channel)
  }
}
