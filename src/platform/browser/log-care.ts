import { deleteDB, openDB, type DBSchema } from 'idb'
import { toBase64Url } from '../../core/base/bytes.ts'
import { systemRandom } from '../../core/base/clock.ts'
import { read, write, type Connection } from './database.ts'
import type { Mark } from './schema.ts'

/** Chromium moves its log into tables once 4 MiB were written behind what it holds (LevelDB `write_buffer_size`). */
const ballastBytes = 5_500_000

/** Values of 64 KiB and more become files beside the log. Random ones are not made smaller on the way. */
const recordBytes = 50_000

interface Ballast extends DBSchema {
  ballast: { key: number; value: Uint8Array }
}

interface LogCareInit {
  readonly name: string
  readonly connection: Connection
  readonly locks: LockManager
  /** Where the page's coming and going is heard of: the window. */
  readonly page: Pick<EventTarget, 'addEventListener'>
  /** Moves the browser's log; for tests. */
  readonly moveLog?: (name: string) => Promise<void>
}

/**
 * Takes care of what a browser leaves behind that was killed while it wrote (decision 37): Chromium's log may then hold the head of a record
 * without its body, and lose all of an origin's data at the second start after it, unless the log is moved into tables before. Every page keeps a
 * mark as long as it lives and a lock beside it, which the browser itself lets go; a mark without its lock is of a page that was killed.
 *
 * Resolves when all is in order; the page need not wait for it. Rejects as its writes do: the marks are kept then, and the next page tries.
 */
export async function careForLog(init: LogCareInit): Promise<void> {
  const { name, connection, locks, page, moveLog = writeBallast } = init
  const own: Mark = `page/${toBase64Url(systemRandom(12))}` // 12 fresh bytes
  const put = () => write(connection, ['meta'], (tx) => tx.objectStore('meta').put(true, own))
  const remove = (marks: readonly Mark[]) =>
    write(connection, ['meta'], async (tx) => {
      await Promise.all(marks.map((mark) => tx.objectStore('meta').delete(mark)))
    })
  await hold(locks, lockOf(name, own))
  const marks = await read(connection, ['meta'], (tx) => tx.objectStore('meta').getAllKeys())
  const held = new Set((await locks.query()).held?.map((lock) => lock.name))
  const dead = marks.filter(isMark).filter((mark) => !held.has(lockOf(name, mark)))
  await put()
  const unheard = (): undefined => undefined // a mark that stays costs one more move of the log
  page.addEventListener('pagehide', () => void remove([own]).catch(unheard))
  page.addEventListener('pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) put().catch(unheard)
  })
  if (dead.length === 0) return
  await moveLog(`${name}-ballast`)
  await remove(dead)
}

function isMark(key: string): key is Mark {
  return key.startsWith('page/')
}

function lockOf(name: string, mark: Mark): string {
  return `${name}-${mark}`
}

/** Takes a lock for as long as the document lives. */
async function hold(locks: LockManager, name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    locks
      .request(name, async () => {
        resolve()
        await new Promise<never>(() => {})
      })
      .catch(reject) // this document may hold no locks
  })
}

/** Whether the engine is one that tells of lost data, and so one that loses it: Chromium. */
export function hasLog(): boolean {
  return 'dataLoss' in IDBVersionChangeEvent.prototype
}

/** Writes as much as moves the log, and takes it away again. */
async function writeBallast(name: string): Promise<void> {
  if (!hasLog()) return
  const database = await openDB<Ballast>(name, 1, {
    upgrade: (db) => void db.createObjectStore('ballast'),
  })
  try {
    for (let n = 0; n * recordBytes < ballastBytes; n++)
      await database.put('ballast', systemRandom(recordBytes), n)
  } finally {
    database.close()
    await deleteDB(name)
  }
}
