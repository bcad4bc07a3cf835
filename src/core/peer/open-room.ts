import type { Clock } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import { createCalls, type CallsComponents, type EndReason } from '../calls/index.ts'
import type { CesEngine } from '../ces/index.ts'
import { createChat, type EntryBody } from '../chat/index.ts'
import { createFiles } from '../files/index.ts'
import type { Identity } from '../identity/index.ts'
import type { Mesh } from '../mesh/index.ts'
import type { PeerPlatform, RoomSession } from '../peer.ts'
import { createRoom, type RoomControl } from '../room/index.ts'
import type { RoomLink } from '../room/link.ts'
import { RelayOnly } from './relay-only.ts'
import type { Stores } from '../storage/index.ts'

interface Parts {
  readonly stores: Stores
  readonly identity: Identity
  readonly mesh: Mesh
  readonly engine: CesEngine
}

/** How long leaving may take to hand on what only this device holds. */
const handOverMs = 5_000

/** One open room with its features, wired; started in order and stopped in reverse. */
export class OpenRoom {
  readonly control: RoomControl
  readonly session: RoomSession
  readonly #clock: Clock
  readonly #relayOnly: RelayOnly

  constructor(platform: PeerPlatform, parts: Parts, link: RoomLink, name: string) {
    const { clock, random, logger, verify, appVersion } = platform
    const { stores, identity, mesh, engine } = parts
    const shared = { identity, verify, clock, random, logger }
    const room = createRoom({ ...shared, mesh, settings: stores.settings }, { link, name, appVersion })
    const chat = createChat({ ...shared, room, logs: stores.logs })
    const files = createFiles({
      ...shared,
      room,
      shards: stores.shards,
      chat,
      engine,
      space: () => stores.estimate(),
    })
    const report: CallsComponents['report'] = (ended) => {
      chat.send(callEntry(ended)).catch((error: unknown) => {
        logger('warn', 'call not noted in chat', { error: errorName(error) })
      })
    }
    const calls = createCalls({ room, media: platform.media, report, clock, random, logger })
    this.#clock = clock
    this.control = room
    const relayOnly = new RelayOnly({ room: room.id, settings: stores.settings, mesh, calls })
    this.#relayOnly = relayOnly
    this.session = { link, room, chat, files, calls, setRelayOnly: (on) => relayOnly.set(on) }
  }

  /** History is readable once this resolves, whether or not anybody is there. */
  async start(): Promise<void> {
    const { chat, files, calls } = this.session
    // Handlers first, the door last: nobody is admitted before every feature can answer.
    await chat.start()
    await files.start()
    await calls.start()
    await this.#relayOnly.load()
    await this.control.start()
  }

  /** Stops for good: what only this device holds goes to others first, as far as that is possible at once. */
  async leave(): Promise<void> {
    const { calls, files } = this.session
    await calls.stop()
    const enough = new AbortController()
    const cancel = this.#clock.after(handOverMs, () => enough.abort())
    await files.handOver({ signal: enough.signal })
    cancel()
    await this.stop()
  }

  async stop(): Promise<void> {
    const { chat, files, calls } = this.session
    await calls.stop()
    this.control.goodbye()
    await files.stop()
    await chat.stop()
    await this.control.stop()
  }
}

const outcomes: Record<EndReason, Extract<EntryBody, { kind: 'call' }>['outcome']> = {
  'hung-up': 'ended',
  lost: 'ended',
  declined: 'declined',
  cancelled: 'cancelled',
  busy: 'missed',
  'no-answer': 'missed',
  failed: 'failed',
  'answered-elsewhere': 'ended',
}

function callEntry(ended: Parameters<CallsComponents['report']>[0]): EntryBody {
  const { call, account, reason, durationMs } = ended
  // A call that never connected did not "end": hanging up while it connects counts as a failure.
  const outcome = durationMs === 0 && outcomes[reason] === 'ended' ? 'failed' : outcomes[reason]
  return { kind: 'call', call, outcome, durationMs, with: account }
}
