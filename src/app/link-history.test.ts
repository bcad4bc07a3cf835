import { describe, expect, it } from 'vitest'
import type { PeerId } from '../core/base/ids.ts'
import type { LinkQuality } from '../core/calls/index.ts'
import { LinkHistory } from './link-history.ts'
import { someQuality } from './testing/quality.ts'

const [ann, ben] = ['ann', 'ben'] as [PeerId, PeerId]

function remembering() {
  let now = 0
  const history = new LinkHistory(() => now)
  return {
    history,
    second: (quality: LinkQuality | undefined, peers: readonly PeerId[] = [ann]) => {
      now += 1_000
      history.take(peers, (peer) => (peer === ann ? quality : undefined))
    },
    at: (quality: Partial<LinkQuality> = {}) => someQuality({ atMs: now + 1_000, ...quality }),
  }
}

describe('the last minute of a link', () => {
  it('keeps a value a second for a minute, and no more', () => {
    const { history, second, at } = remembering()
    for (let n = 0; n < 100; n++) second(at({ rttMs: n }))
    expect(history.of(ann)).toHaveLength(60)
    expect(history.of(ann).at(-1)).toMatchObject({ atMs: 100_000, quality: { rttMs: 99 } })
  })
  it('CA-20 notes once that a link has no figures', () => {
    const { history, second, at } = remembering()
    second(at())
    second(undefined)
    second(undefined)
    second(at())
    expect(history.of(ann).map(({ atMs, quality }) => [atMs, quality !== undefined])).toEqual([
      [1_000, true],
      [2_000, false],
      [4_000, true],
    ])
  })
  it('CA-20 does not take figures that were not read anew for those of now', () => {
    const { history, second, at } = remembering()
    const old = at()
    second(old)
    second(old)
    expect(history.of(ann)).toHaveLength(1)
  })
  it('forgets who left, and all when the call is over', () => {
    const { history, second, at } = remembering()
    second(at(), [ann, ben])
    second(at(), [ben])
    expect(history.of(ann)).toEqual([])
    second(at())
    history.clear()
    expect(history.of(ann)).toEqual([])
  })
})
