import { describe, expect, it } from 'vitest'
import type { AccountId, PeerId } from '../core/base/ids.ts'
import type { LocalMedia, Participant } from '../core/calls/index.ts'
import { columnsOf, spotlightOf, tilesOf } from './stage-tiles.ts'

const self = { peer: 'me' as PeerId, account: 'mine' as AccountId, hand: false }
const local: LocalMedia = { microphone: 'on', camera: 'on', screen: 'off' }
const person = (name: string, screen = false): Participant => ({
  peer: name as PeerId,
  account: `account of ${name}` as AccountId,
  link: 'connected',
  sends: { audio: true, video: true, screen },
  hand: false,
  joinedAt: 0,
})
const ids = (people: Participant[], change: Partial<Parameters<typeof tilesOf>[0]> = {}): string[] =>
  tilesOf({ self, local, people, hidesSelf: false, ...change }).map(({ id }) => id)

describe('the tiles of a stage', () => {
  it('are screens first, then people in their places, ourselves last', () => {
    expect(ids([person('ann'), person('ben', true)])).toEqual(['ben screen', 'ann', 'ben', 'me'])
    expect(ids([person('ann')], { local: { ...local, screen: 'on' } })).toEqual(['me screen', 'ann', 'me'])
  })
  it('leave us out when we hide ourselves, but not the screen we show', () => {
    expect(ids([person('ann')], { hidesSelf: true, local: { ...local, screen: 'on' } })).toEqual([
      'me screen',
      'ann',
    ])
  })
  it('put into the spotlight the pinned one, else a screen, else who has the floor, else the first', () => {
    const tiles = tilesOf({ self, local, people: [person('ann'), person('ben')], hidesSelf: false })
    expect(spotlightOf(tiles, 'me', 'ben')?.id).toBe('me')
    expect(spotlightOf(tiles, 'gone', 'ben')?.id).toBe('ben')
    expect(spotlightOf(tiles, undefined, undefined)?.id).toBe('ann')
    const shared = tilesOf({ self, local, people: [person('ann'), person('ben', true)], hidesSelf: false })
    expect(spotlightOf(shared, undefined, 'ann')?.id).toBe('ben screen')
    expect(spotlightOf([], undefined, undefined)).toBeUndefined()
  })
  it.each([
    [1, 1600, 900, 1],
    [2, 1600, 900, 2],
    [2, 400, 800, 1],
    [4, 1600, 900, 2],
    [6, 1600, 900, 3],
    [8, 390, 700, 2],
  ])('%i tiles on %i × %i stand in %i columns', (count, width, height, columns) => {
    expect(columnsOf(count, width, height)).toBe(columns)
  })
})
