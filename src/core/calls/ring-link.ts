import type { CallId } from '../base/ids.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { OwnAnnouncement } from './announcer.ts'
import type { GroupCall } from './group-call.ts'
import type { EndReason } from './index.ts'
import { Link, type LinkInit, type LinkListener } from './link.ts'
import type { LocalMedia } from './media.ts'
import type { LinkId } from './messages.ts'

/** The first link of a ring; it bears the call's name (SPEC CA-15). */
export function linkOfRing(ring: Omit<LinkInit, 'id'> & { readonly call: CallId }): Link {
  const { call, peer, account, isOpener, isRelayOnly, clock } = ring
  return new Link({ id: call as string as LinkId, peer, account, isOpener, isRelayOnly, clock })
}

/** What may happen to an incoming ring before it is accepted: nothing but its end. */
export function beforeAccept(over: (reason: EndReason) => void): LinkListener {
  return {
    changed: () => {},
    heard: (_, message) => {
      if (message.t === 'end') over(message.reason === 'stale' ? 'cancelled' : message.reason)
    },
    channelLost: () => over('cancelled'),
    broke: () => over('cancelled'),
    expired: () => {},
  }
}

/** What we say of our stay to the room. */
export function announcementOf(
  { init, session }: GroupCall,
  { since, local, hand }: { readonly since: number; readonly local: LocalMedia; readonly hand: boolean },
): OwnAnnouncement {
  return {
    call: init.call,
    session,
    since,
    audio: local.microphone === 'on',
    video: local.camera === 'on',
    screen: local.screen === 'on',
    hand,
  }
}

/** Resolves when the stream is over. */
export async function ended(stream: MeshStream): Promise<void> {
  if (stream.signal.aborted) return
  await new Promise<void>((resolve) => {
    stream.signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
