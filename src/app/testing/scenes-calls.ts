import type { AccountId, CallId, PeerId } from '../../core/base/ids.ts'
import type { FakePeer } from './fake-peer.ts'
import { drawnStream } from './pictures.ts'
import { someQuality } from './quality.ts'

const call = 'call' as CallId

/** A call with these people, who are in the room; the second is muted and has no picture, the third reconnects. */
export function live(peer: FakePeer, video: boolean, names: readonly AccountId[]): void {
  const { calls, room } = peer.open
  const tabs = names.map(
    (account) => room.members().find((member) => member.account === account)?.peer ?? ('tab' as PeerId),
  )
  calls.set({
    kind: 'live',
    call,
    account: names.length === 1 ? names[0] : undefined,
    since: Date.now() - 83_000,
    people: names.map((account, n) => ({
      peer: tabs[n] ?? ('tab' as PeerId),
      account,
      link: n === 2 ? 'reconnecting' : 'connected',
      sends: { audio: n !== 1, video: video && n !== 1, screen: false },
      hand: n === 1,
      joinedAt: Date.now() - 83_000,
    })),
  })
  calls.setLocal({ microphone: 'on', camera: video ? 'on' : 'missing', screen: 'off' })
  const people = Object.fromEntries(tabs.map((tab, n) => [tab, { main: drawnStream(210 + n * 50) }]))
  peer.streams.set(video ? { people, local: drawnStream(40) } : {})
}

/** A minute of figures of everyone in the call, with a break in it. */
export function figures(peer: FakePeer): void {
  const { calls } = peer.open
  const state = calls.state()
  const now = performance.now()
  for (let second = 60; second > 0 && state.kind === 'live'; second--) {
    const wave = Math.sin(second / 4) + Math.sin(second)
    for (const { peer: tab } of state.people) {
      if (second > 25 && second < 34) calls.quality.delete(tab)
      else {
        const quality = {
          atMs: now - second * 1000,
          rttMs: 40 + 8 * wave,
          loss: second < 25 && second > 20 ? 0.07 : 0.005 * (1 + wave / 2),
          receivedKbps: Math.round(1_100 + 180 * wave),
        }
        calls.quality.set(tab, someQuality({ ...quality, sentKbps: 1_180 }))
      }
    }
    calls.events.emit('quality:changed', {})
  }
}
