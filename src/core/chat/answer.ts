import type { Bytes } from '../base/bytes.ts'
import type { AccountId, RoomId } from '../base/ids.ts'
import type { LogStore } from '../storage/index.ts'
import { maxAnswerBytes, readPageEntries } from './constants.ts'

/** Entries for one answer, `from` ≤ seq < `to`, as many as fit {@link maxAnswerBytes}, at least one when there is one. */
export async function readAnswer(
  store: LogStore,
  want: { readonly room: RoomId; readonly author: AccountId; readonly from: number; readonly to: number },
): Promise<readonly Bytes[]> {
  const { room, author, from, to } = want
  const list: Bytes[] = []
  let bytes = 0
  while (from + list.length < to) {
    const at = from + list.length
    const page = await store.range(room, author, at, Math.min(to, at + readPageEntries))
    if (page.length === 0) break
    for (const entry of page) {
      bytes += entry.bytes.byteLength
      if (bytes > maxAnswerBytes && list.length > 0) return list
      list.push(entry.bytes)
    }
  }
  return list
}
