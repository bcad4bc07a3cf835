import { describe, expect, it } from 'vitest'
import type { AccountId, EntryId } from '../core/base/ids.ts'
import type { TimelineEntry } from '../core/chat/index.ts'
import { timelineRows } from './timeline-rows.ts'

const noon = new Date(2026, 0, 15, 12).getTime()

const entry = (
  key: string,
  author: string,
  minutes: number,
  rest: Partial<TimelineEntry> = {},
): TimelineEntry => ({
  key,
  id: key as EntryId,
  author: author as AccountId,
  own: false,
  at: noon + minutes * 60_000,
  body: { kind: 'text', text: key },
  state: 'received',
  deliveredTo: [],
  ...rest,
})

const drawn = (entries: readonly TimelineEntry[], unread?: string): readonly string[] =>
  timelineRows(entries, unread, 'me' as AccountId).map((row) =>
    row.kind === 'entry' ? `${row.key}${row.isHead ? ' head' : ''}` : row.kind,
  )

describe('rows of the timeline', () => {
  it('draws a run of one person under one head', () => {
    expect(drawn([entry('a', 'ann', 0), entry('b', 'ann', 1), entry('c', 'ben', 2)])).toEqual([
      'day',
      'a head',
      'b',
      'c head',
    ])
  })

  it('draws what is for one person to that person and its author only', () => {
    const to = (account: string): TimelineEntry['body'] => ({
      ...{ kind: 'personal', to: account as AccountId, files: [], sealed: new Uint8Array() },
      keys: [new Uint8Array(), new Uint8Array()],
    })
    const entries = [
      entry('a', 'ann', 0, { body: to('ben') }),
      entry('b', 'ann', 1, { body: to('me') }),
      entry('c', 'me', 2, { body: to('ben'), own: true }),
    ]
    expect(drawn(entries)).toEqual(['day', 'b head', 'c head'])
  })

  it('begins a new run after a pause, a day, a call and the new-messages line', () => {
    const call = { kind: 'call', call: 'c', outcome: 'ended', durationMs: 1, with: 'ben' } as never
    expect(drawn([entry('a', 'ann', 0), entry('b', 'ann', 6)])).toEqual(['day', 'a head', 'b head'])
    expect(drawn([entry('a', 'ann', 0), entry('b', 'ann', 24 * 60)])).toEqual([
      'day',
      'a head',
      'day',
      'b head',
    ])
    expect(drawn([entry('a', 'ann', 0, { body: call }), entry('b', 'ann', 1)])).toEqual([
      'day',
      'a head',
      'b head',
    ])
    expect(drawn([entry('a', 'ann', 0), entry('b', 'ann', 1)], 'b')).toEqual([
      'day',
      'a head',
      'unread',
      'b head',
    ])
  })

  it('gives every row a key of its own', () => {
    const rows = timelineRows([entry('a', 'ann', 0), entry('b', 'ann', 24 * 60)], 'b', 'ann' as AccountId)
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length)
  })
})
