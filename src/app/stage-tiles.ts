import type { AccountId, PeerId } from '../core/base/ids.ts'
import type { LocalMedia, Participant } from '../core/calls/index.ts'

/** One picture on the stage: a person, or a screen that a person shows. */
export interface StageTile {
  /** Stable for one person's picture or screen. */
  readonly id: string
  readonly kind: 'person' | 'screen'
  readonly peer: PeerId
  readonly account: AccountId
  readonly isSelf: boolean
  readonly link: Participant['link']
  readonly hasVideo: boolean
  readonly isMuted: boolean
  readonly hand: boolean
}

export type StageLayout = 'grid' | 'spotlight'

export interface StageParts {
  readonly self: { readonly peer: PeerId; readonly account: AccountId; readonly hand: boolean }
  readonly local: LocalMedia
  readonly people: readonly Participant[]
  readonly hidesSelf: boolean
}

/** Every tile in order: screens first, then people in their places, ourselves last. */
export function tilesOf({ self, local, people, hidesSelf }: StageParts): readonly StageTile[] {
  const persons = people.map((one): StageTile => {
    const { peer, account, link, sends, hand } = one
    return {
      id: peer,
      kind: 'person',
      peer,
      account,
      isSelf: false,
      link,
      hasVideo: sends.video,
      isMuted: !sends.audio,
      hand,
    }
  })
  const own: StageTile = {
    ...self,
    id: self.peer,
    kind: 'person',
    isSelf: true,
    link: 'connected',
    hasVideo: local.camera === 'on',
    isMuted: local.microphone !== 'on',
  }
  const screens = people.filter(({ sends }) => sends.screen).map(({ peer }) => peer)
  const shown = [...persons, own].filter(
    (tile) => screens.includes(tile.peer) || (tile.isSelf && local.screen === 'on'),
  )
  return [
    ...shown.map((tile): StageTile => ({
      ...tile,
      id: screenId(tile.peer),
      kind: 'screen',
      hasVideo: true,
      hand: false,
    })),
    ...persons,
    ...(hidesSelf ? [] : [own]),
  ]
}

export function screenId(peer: PeerId): string {
  return `${peer} screen`
}

/** What stands in the spotlight: the pinned tile, else another's screen, else who has the floor, else the first other. */
export function spotlightOf(
  tiles: readonly StageTile[],
  pinned: string | undefined,
  floor: string | undefined,
): StageTile | undefined {
  const others = tiles.filter(({ isSelf }) => !isSelf)
  return (
    tiles.find(({ id }) => id === pinned) ??
    others.find(({ kind }) => kind === 'screen') ??
    others.find(({ id }) => id === floor) ??
    others[0] ??
    tiles[0]
  )
}

/** Columns of a grid of `count` tiles of 16:9 on a stage of this shape, so that tiles are as large as they can be. */
export function columnsOf(count: number, width: number, height: number): number {
  let best = 1
  let bestWidth = 0
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns)
    const tileWidth = Math.min(width / columns, (height / rows) * (16 / 9))
    if (tileWidth >= bestWidth - 0.5) {
      best = columns
      bestWidth = tileWidth
    }
  }
  return best
}
