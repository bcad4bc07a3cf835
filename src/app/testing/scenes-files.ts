import type { AccountId, EntryId, FileId } from '../../core/base/ids.ts'
import type { SpaceQuestion } from '../../core/files/index.ts'
import type { FakePeer } from './fake-peer.ts'

export const releaseQuestion: SpaceQuestion = {
  ...{ kind: 'release', neededBytes: 1_400_000_000, freeBytes: 310_000_000 },
  files: [
    {
      ...{ file: 'plan' as FileId, name: 'Opus tessellatum – floor plan.pdf', own: false },
      ...{ keptBytes: 620_000_000, cost: 'fragile' },
    },
    { file: 'two' as FileId, keptBytes: 340_000_000, own: false, cost: 'waiting' },
    {
      ...{ file: 'photo' as FileId, name: 'medallion.png', own: true },
      ...{ keptBytes: 140_000_000, cost: 'lost' },
    },
  ],
}

export const tightQuestion: SpaceQuestion = {
  kind: 'tight',
  neededBytes: 2_100_000_000,
  leftBytes: 180_000_000,
}

/** Files between two people, as one of them sees them. */
export function personalFiles(
  peer: FakePeer,
  { ann, ben, cleo, dev }: Readonly<Record<'ann' | 'ben' | 'cleo' | 'dev', AccountId>>,
): void {
  const { chat, files, room } = peer.open
  room.olderBuilds.add(dev)
  const holdings = [
    { account: ann, shards: [0], reachable: true },
    { account: cleo, shards: [0], reachable: true },
  ]
  const safe = { k: 1, n: 1, holdings, survivableLosses: 1, safeToClose: true }
  const sealed = { keys: [new Uint8Array(), new Uint8Array()] as const, sealed: new Uint8Array() }
  const send = (author: AccountId, to: AccountId, name: string, sizeBytes: number): void => {
    const id = name as FileId
    const mediaType = ''
    const local = { isLocal: author === peer.account, keptBytes: 0 }
    files.put({ id, name, sizeBytes, mediaType, owner: author, to, durability: safe, ...local })
    const own = author === peer.account
    const key = chat.add({
      author,
      body: { kind: 'personal', to, files: [id], ...sealed },
      ...(own ? { state: 'delivered', deliveredTo: [ann, to] } : {}),
    }) as EntryId // the fake's keys are its ids
    files.openPersonal(key, {
      ...{ kind: 'file', file: id, key: new Uint8Array(32), name, sizeBytes, mediaType },
    })
  }
  chat.add({ author: ann, body: { kind: 'text', text: 'I send you the offer by itself.' } })
  send(ann, peer.account, 'Offer.pdf', 412_000)
  send(peer.account, ben, 'Wages of the workshop.ods', 88_000)
  const body = { kind: 'personal', to: peer.account, files: ['gone' as FileId], ...sealed } as const
  files.openPersonal(chat.add({ author: cleo, body }) as EntryId, 'unreadable')
}
