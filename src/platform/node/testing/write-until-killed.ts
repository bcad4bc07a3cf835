/**
 * A process for tests that appends entries and puts pieces until it is killed, and says on its output what was promised to be
 * durable: `<seq>` after the entry and the piece of that number are stored.
 */
import type { AccountId, EntryId, FileId, RoomId } from '../../../core/base/ids.ts'
import { openNodeStorage } from '../storage.ts'

const [, , path = ''] = process.argv
const { logs, shards } = await openNodeStorage(path)
const room = 'room' as RoomId
const author = 'ann' as AccountId
const head = (await logs.heads(room)).get(author)
let previous = head?.id
for (let seq = (head?.seq ?? -1) + 1; ; seq++) {
  const id = `entry-${String(seq)}` as EntryId
  await logs.append(room, { author, seq, id, bytes: new Uint8Array(2_000).fill(seq) }, previous)
  const piece = { segment: seq, shard: 0, bytes: new Uint8Array(50_000).fill(seq), path: new Uint8Array(32) }
  await shards.putPieces('file' as FileId, [piece])
  process.stdout.write(`${String(seq)}\n`)
  previous = id
}
