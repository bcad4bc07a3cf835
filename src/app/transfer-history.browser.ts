import { describe, expect, it } from 'vitest'
import type { RoomId } from '../core/base/ids.ts'
import { historyKey, memoryKeep } from './keep.ts'
import { TransferHistory } from './transfer-history.svelte.ts'

const room = 'room' as RoomId
const past = { at: 1, direction: 'save', name: 'a', sizeBytes: 3, end: 'done', place: 'picked' } as const

describe('past transfers', () => {
  it('are kept for the next visit, the newest first, a hundred at most', () => {
    const keep = memoryKeep()
    const history = new TransferHistory(keep, room)
    for (let at = 0; at < 120; at++) history.add({ ...past, at, name: 'n'.repeat(5_000) })
    const later = new TransferHistory(keep, room).list
    expect(later).toHaveLength(100)
    expect(later[0]?.at).toBe(119)
    expect(keep.get(historyKey(room))?.length).toBeLessThan(70_000)
    history.clear()
    expect(new TransferHistory(keep, room).list).toEqual([])
  })

  it('begin anew when what is kept is not theirs', () => {
    for (const text of ['{', '[{"at":"x"}]', '7']) {
      const keep = memoryKeep()
      keep.set(historyKey(room), text)
      expect(new TransferHistory(keep, room).list).toEqual([])
    }
  })
})
