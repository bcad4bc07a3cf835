import type { AccountId, CallId, FileId, PeerId, RoomId } from '../../core/base/ids.ts'
import type { FileView, SpaceQuestion } from '../../core/files/index.ts'
import type { AppInit, AppState } from '../app.svelte.ts'
import type { FakePeer } from './fake-peer.ts'
import { drawnPicture } from './pictures.ts'
import { figures, live } from './scenes-calls.ts'
import { personalFiles, releaseQuestion, tightQuestion } from './scenes-files.ts'

/** One screen of the preview page. */
export interface Scene {
  readonly hash?: string
  readonly hasName?: boolean
  readonly init?: Partial<AppInit>
  readonly before?: (peer: FakePeer) => Promise<void> | void
  readonly after?: (peer: FakePeer, app: AppState) => Promise<void> | void
}

const [ann, ben, cleo, dev] = [
  'account-ann',
  'account-bruno',
  'account-cleopatra',
  'account-dev',
] as AccountId[] as [AccountId, AccountId, AccountId, AccountId]
const call = 'call' as CallId
const inRoom = '#/r/whole'
const minute = 60_000

function people(peer: FakePeer): void {
  const { room } = peer.open
  room.put({ account: ann, name: 'Ann', rttMs: 18 })
  room.put({ account: ann, name: 'Ann', peer: 'second tab of ann' as PeerId, rttMs: 22 })
  room.put({ account: ben, name: 'Bruno Okonkwo', rttMs: 64 })
  room.put({ account: cleo, name: 'Cleo', path: 'relayed', rttMs: 140 })
  room.put({ account: dev, name: 'Devi', path: 'away', rttMs: undefined })
}

function file(id: string, view: Partial<FileView>): FileView {
  return {
    id: id as FileId,
    name: 'file',
    mediaType: '',
    sizeBytes: 1_000_000,
    owner: ann,
    isLocal: false,
    keptBytes: 0,
    durability: { k: 2, n: 6, holdings: [], survivableLosses: -1, safeToClose: false },
    ...view,
  }
}

function shareCard(peer: FakePeer, view: FileView, at: number, bytes?: Uint8Array<ArrayBuffer>): void {
  peer.open.files.put(view, bytes)
  const { id, name, sizeBytes, mediaType, owner } = view
  const body = { kind: 'file', file: id, key: new Uint8Array(32), name, sizeBytes, mediaType } as const
  const deliveredTo = owner === peer.account ? [ann, ben] : []
  peer.open.chat.add({
    author: owner,
    at,
    body,
    ...(deliveredTo.length > 0 ? { state: 'delivered', deliveredTo } : {}),
  })
}

async function busy(peer: FakePeer): Promise<void> {
  const me = peer.account
  const { chat } = peer.open
  const now = Date.now()
  people(peer)
  const say = (author: AccountId, at: number, text: string, to?: readonly AccountId[]): string =>
    chat.add({
      author,
      at,
      body: { kind: 'text', text },
      ...(to === undefined ? {} : { state: 'delivered', deliveredTo: to }),
    })
  say(ann, now - 26 * 60 * minute, 'I put the scans of the floor in the room, they are a bit large.')
  say(me, now - 25.9 * 60 * minute, 'Thank you! I will look tonight.', [ann, ben, cleo])
  say(ann, now - 34 * minute, 'Good morning. Did the drawings arrive?')
  say(
    ann,
    now - 33 * minute,
    'The museum’s page about the pavement: https://example.org/collections/mosaics?room=12',
  )
  shareCard(
    peer,
    file('plan', {
      name: 'Opus tessellatum – floor plan.pdf',
      sizeBytes: 18_400_000,
      keptBytes: 6_200_000,
      durability: {
        k: 2,
        n: 6,
        holdings: [
          { account: ann, shards: [0, 1], reachable: true },
          { account: ben, shards: [2], reachable: true },
          { account: cleo, shards: [3, 4], reachable: true },
          { account: me, shards: [5], reachable: true },
        ],
        survivableLosses: 2,
        safeToClose: true,
      },
    }),
    now - 31 * minute,
  )
  say(
    ben,
    now - 20 * minute,
    'They did. The border on the second sheet is off by one row, I think:\n  row 14: lapis, lapis, gold\n  row 15: lapis, gold, gold',
  )
  say(me, now - 19 * minute, 'You are right, I will redraw it.', [ann, ben])
  chat.add({
    author: me,
    at: now - 15 * minute,
    body: { kind: 'call', call, outcome: 'ended', durationMs: 372_000, with: ann },
  })
  shareCard(
    peer,
    file('photo', {
      name: 'medallion.png',
      mediaType: 'image/png',
      sizeBytes: 48_200,
      owner: me,
      isLocal: true,
      keptBytes: 140_000,
      durability: {
        k: 2,
        n: 6,
        holdings: [
          { account: me, shards: [0, 1, 2], reachable: true },
          { account: ann, shards: [3], reachable: true },
          { account: dev, shards: [4], reachable: false },
        ],
        survivableLosses: 0,
        safeToClose: false,
      },
    }),
    now - 4 * minute,
    await drawnPicture(),
  )
  say(me, now - 3 * minute, 'This is how the middle looks now.', [ann, ben])
  say(ann, now - 2 * minute, 'Beautiful!')
  chat.add({ author: me, body: { kind: 'text', text: 'I bring the rest this evening.' } })
}

function transfers(peer: FakePeer): void {
  people(peer)
  const { files } = peer.open
  const progress = {
    doneBytes: 412_000_000,
    totalBytes: 1_240_000_000,
    bytesPerSecond: 11_800_000,
    secondsLeft: 70,
  }
  const holdings = [
    { account: ann, shards: [0, 1], reachable: true },
    { account: ben, shards: [2, 3], reachable: true },
  ]
  const far = { k: 2, n: 6, holdings, survivableLosses: 1, safeToClose: true }
  const now = Date.now()
  shareCard(
    peer,
    file('film', {
      name: 'the making of a pavement, uncut, second attempt with the sound from the other microphone.mkv',
      sizeBytes: 1_240_000_000,
      durability: far,
    }),
    now - 5000,
  )
  files.begin({
    id: 't1',
    direction: 'fetch',
    name: 'film',
    file: 'film' as FileId,
    state: { kind: 'fetching', progress, from: [ann, ben] },
  })
  shareCard(
    peer,
    file('gone', {
      name: 'invoice‮fdp.exe',
      sizeBytes: 82_000,
      durability: { ...far, holdings: [], survivableLosses: -1, safeToClose: false },
    }),
    now - 4000,
  )
  files.begin({
    id: 't2',
    direction: 'fetch',
    name: 'gone',
    file: 'gone' as FileId,
    state: { kind: 'waiting', reason: 'no-holder', missingShards: 3 },
  })
  shareCard(
    peer,
    file('mine', {
      name: 'notes.txt',
      owner: peer.account,
      sizeBytes: 1,
      isLocal: true,
      keptBytes: 1,
      durability: {
        ...far,
        holdings: [{ account: peer.account, shards: [0, 1, 2, 3, 4, 5], reachable: true }],
        safeToClose: false,
        survivableLosses: -1,
      },
    }),
    now - 3000,
  )
  files.begin({
    id: 't3',
    direction: 'share',
    name: 'archive of the workshop.tar',
    file: undefined,
    state: { kind: 'sealing', progress: { ...progress, secondsLeft: undefined } },
  })
}

function personal(peer: FakePeer): void {
  people(peer)
  personalFiles(peer, { ann, ben, cleo, dev })
}

function withQuestion(question: SpaceQuestion): (peer: FakePeer) => Promise<void> {
  return async (peer) => {
    await busy(peer)
    peer.open.files.firstQuestion = question
  }
}

const knownRooms = (peer: FakePeer): void => {
  const { link } = peer.open
  peer.setRooms([
    { id: 'Xk29' as RoomId, link, label: 'Workshop', lastVisitAt: Date.now() - 3 * minute },
    { id: 'b8Lq7' as RoomId, link, label: 'Family', lastVisitAt: Date.now() - 26 * 60 * minute },
    { id: 'Zr04m' as RoomId, link, label: undefined, lastVisitAt: Date.now() - 9 * 24 * 60 * minute },
  ])
}

/** Every screen by name. */
export const scenes: Record<string, Scene> = {
  landing: {},
  'landing-known': { before: knownRooms },
  'landing-offline': {
    before: (peer) => {
      knownRooms(peer)
      peer.setRelay('offline')
    },
  },
  'landing-bad-link': { hash: '#/r/cut' },
  'landing-failed': {
    before: (peer) => {
      peer.onStart = () => Promise.reject(Object.assign(new Error('no IndexedDB'), { name: 'StorageError' }))
    },
  },
  entering: { hash: inRoom, before: (peer) => void (peer.onEnter = () => new Promise(() => undefined)) },
  alone: { hash: inRoom, hasName: false },
  busy: { hash: inRoom, before: busy },
  transfers: { hash: inRoom, before: transfers },
  personal: { hash: inRoom, before: personal },
  release: { hash: inRoom, before: withQuestion(releaseQuestion) },
  tight: { hash: inRoom, before: withQuestion(tightQuestion) },
  offline: {
    hash: inRoom,
    before: async (peer) => {
      await busy(peer)
      for (const { account, name, peer: tab } of peer.open.room.members()) {
        peer.open.room.put({ account, name, peer: tab, path: 'away', rttMs: undefined })
      }
      peer.setRelay('offline')
      peer.open.chat.add({
        author: peer.account,
        body: { kind: 'text', text: 'Too long?' },
        state: 'failed',
        failure: 'QuotaExceededError',
      })
    },
  },
  incoming: {
    hash: inRoom,
    before: async (peer) => {
      await busy(peer)
      const tab = 'tab' as PeerId
      peer.open.calls.set({
        kind: 'ringing-in',
        call,
        account: ann,
        peer: tab,
        media: { audio: true, video: true },
        others: undefined,
      })
    },
  },
  outgoing: {
    hash: inRoom,
    before: async (peer) => {
      await busy(peer)
      peer.open.calls.setLocal({ microphone: 'on', camera: 'refused', screen: 'off' })
      peer.open.calls.set({ kind: 'ringing-out', call, account: ann, media: { audio: true, video: true } })
    },
  },
  'live-video': {
    hash: inRoom,
    before: async (peer) => {
      await busy(peer)
      live(peer, true, [ann])
    },
  },
  'live-figures': {
    hash: inRoom,
    before: async (peer) => {
      await busy(peer)
      live(peer, true, [ann])
    },
    after: async (peer, app) => {
      while (app.room === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
      figures(peer)
    },
  },
  'live-group': {
    hash: inRoom,
    before: async (peer) => {
      await busy(peer)
      live(peer, true, [ann, ben, cleo])
    },
  },
  ongoing: {
    hash: inRoom,
    before: async (peer) => {
      await busy(peer)
      peer.open.calls.setOngoing({ call, since: Date.now() - 83_000, accounts: [ann, ben], isIn: false })
    },
  },
  'live-audio': {
    hash: inRoom,
    before: async (peer) => {
      await busy(peer)
      live(peer, false, [ann])
    },
  },
  ended: {
    hash: inRoom,
    before: async (peer) => {
      await busy(peer)
      peer.open.calls.set({
        kind: 'ended',
        call,
        account: ann,
        reason: 'lost',
        durationMs: 65_000,
        met: [ann],
      })
    },
  },
  toasts: {
    hash: inRoom,
    before: busy,
    after: (_peer, app) => {
      app.toasts.show({ tone: 'good', text: 'Link copied. Send it to your people.' })
      app.toasts.problem(Object.assign(new Error('x'), { name: 'NotReachableError' }))
    },
  },
  long: {
    hash: inRoom,
    before: (peer) => {
      people(peer)
      const rows = Array.from({ length: 10_000 }, (_, i) => ({
        author: [ann, ben, cleo][Math.floor(i / 3) % 3] ?? ann,
        at: Date.now() - (10_000 - i) * minute,
        body: { kind: 'text', text: `Message number ${i}` } as const,
      }))
      peer.open.chat.fill(rows)
    },
  },
}
