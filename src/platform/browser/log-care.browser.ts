import { deleteDB, openDB } from 'idb'
import { describe, expect, it, onTestFinished } from 'vitest'
import { damagedKey } from '../../core/storage/index.ts'
import { Connection, read, write } from './database.ts'
import { careForLog, hasLog } from './log-care.ts'
import { openSchema, type Mark } from './schema.ts'

let count = 0

/** A fresh database, and pages that come to it one after the other. */
function profile() {
  const name = `care-${String(count++)}-${crypto.randomUUID()}`
  const connection = new Connection({ name, onLost: () => undefined })
  onTestFinished(async () => {
    connection.close()
    await deleteDB(name)
  })
  const moved: string[] = []
  const page = async (moveLog = (ballast: string) => Promise.resolve(void moved.push(ballast))) => {
    const events = new EventTarget()
    await careForLog({ name, connection, locks: navigator.locks, page: events, moveLog })
    return events
  }
  const marks = async () =>
    (await read(connection, ['meta'], (tx) => tx.objectStore('meta').getAllKeys())).filter(
      (key) => key !== 'birth',
    )
  /** A page of a browser that is no more: its lock went with it. */
  const died = () =>
    write(connection, ['meta'], (tx) => tx.objectStore('meta').put(true, 'page/that-died' satisfies Mark))
  return { name, moved, page, marks, died }
}

describe('the browser’s log', () => {
  it('ST-11 is left alone after pages that went in order, and beside pages that are open', async () => {
    const { moved, page, marks } = profile()
    const first = await page()
    await page()
    expect(await marks()).toHaveLength(2)
    first.dispatchEvent(new Event('pagehide'))
    await expect.poll(marks).toHaveLength(1)
    await page()
    expect(moved).toEqual([])
  })
  it('ST-11 is moved once after a page that was killed', async () => {
    const { name, moved, page, marks, died } = profile()
    await page()
    await died()
    await page()
    await page()
    expect(moved).toEqual([`${name}-ballast`])
    expect(await marks()).not.toContain('page/that-died')
  })
  it('ST-11 is moved by the next page when this one cannot', async () => {
    const { moved, page, died } = profile()
    await died()
    await expect(page(() => Promise.reject(new Error('the disk is full')))).rejects.toThrow('full')
    await page()
    expect(moved).toHaveLength(1)
  })
  it('ST-11 is watched over again by a page that comes back', async () => {
    const { page, marks } = profile()
    const events = await page()
    events.dispatchEvent(new Event('pagehide'))
    await expect.poll(marks).toEqual([])
    events.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    await expect.poll(marks).toHaveLength(1)
  })
  it('ST-11 is moved by what takes no room afterwards', async () => {
    const { name, died } = profile()
    await died()
    const connection = new Connection({ name, onLost: () => undefined })
    await careForLog({ name, connection, locks: navigator.locks, page: new EventTarget() })
    connection.close()
    expect(hasLog()).toBe(true)
    expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(`${name}-ballast`)
  })
})

describe('a database that the browser found damaged', () => {
  it('ST-12 begins with a setting that says so, others without', async () => {
    const { name } = profile()
    const watch = { blocked: () => undefined, outdated: () => undefined, dropped: () => undefined }
    const opened = await openSchema(name, new Uint8Array(16), watch)
    expect(await opened.get('settings', damagedKey)).toBeUndefined()
    opened.close()
    await deleteDB(name)
    const real = Object.getOwnPropertyDescriptor(IDBVersionChangeEvent.prototype, 'dataLoss')
    Object.defineProperty(IDBVersionChangeEvent.prototype, 'dataLoss', {
      configurable: true,
      get: () => 'total',
    })
    onTestFinished(() => void Object.defineProperty(IDBVersionChangeEvent.prototype, 'dataLoss', real ?? {}))
    const again = await openSchema(name, new Uint8Array(16), watch)
    expect(await again.get('settings', damagedKey)).toBe(true)
    again.close()
    expect((await openDB(name)).close()).toBeUndefined()
  })
})
