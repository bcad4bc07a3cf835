import type { PeerId } from '../base/ids.ts'
import type { Participant } from './index.ts'
import type { Link } from './link.ts'
import type { RosterEntry } from './roster.ts'

interface Seen {
  readonly roster: readonly RosterEntry[]
  readonly links: ReadonlyMap<PeerId, Link>
  /** Whether a link to this one was given up and waits to be made anew. */
  readonly isLost: (peer: PeerId) => boolean
  readonly now: number
}

/** Everyone else in the call: whoever says so, and whoever is linked and has not said so yet. */
export function participantsOf({ roster, links, isLost, now }: Seen): readonly Participant[] {
  const announced = roster.map(({ peer, account, said, joinedAt }): Participant => {
    const { audio, video, screen, hand } = said
    const link = links.get(peer)?.state ?? (isLost(peer) ? 'lost' : 'connecting')
    return { peer, account, link, sends: { audio, video, screen }, hand, joinedAt }
  })
  const known = new Set(roster.map(({ peer }) => peer))
  const silent = [...links.values()].filter(({ peer }) => !known.has(peer))
  const nothing = { audio: false, video: false, screen: false }
  return [
    ...announced,
    ...silent.map(({ init: { peer, account }, state }): Participant => ({
      ...{ peer, account, link: state, sends: nothing, hand: false, joinedAt: now },
    })),
  ]
}
