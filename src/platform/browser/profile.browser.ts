import { deleteDB, openDB } from 'idb'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { FileId } from '../../core/base/ids.ts'
import { Connection } from './database.ts'
import { openProfile } from './profile.ts'
import { openBrowserStorage } from './storage.ts'

const never = (): never => {
  throw new Error('nothing was lost')
}

/** Opens as a browser does that answers `indexedDB.open` with an error of this name. */
const denied =
  (name: string): typeof openBrowserStorage =>
  async (options) => {
    const open = () => Promise.reject(new DOMException('no', name))
    await new Connection({ name: 'denied', onLost: options?.onLost ?? never, open }).database()
    throw new Error('it opened')
  }

describe('a browser profile', () => {
  it.each(['InvalidStateError', 'SecurityError', 'UnknownError', 'NotAllowedError'])(
    'ST-9 lives in memory, bounded, when the database answers %s',
    async (name) => {
      const { stores, keys, isKept } = await openProfile(never, denied(name))
      expect(isKept).toBe(false)
      await stores.settings.set('a', 1)
      expect(await stores.settings.get('a')).toBe(1)
      expect(await keys.account()).toBe(await keys.account())
      expect((await stores.estimate()).quotaBytes).toBe(256 * 2 ** 20)
    },
  )

  it('ST-9 a full disk is no private window: it is told', async () => {
    const full = openProfile(never, denied('QuotaExceededError'))
    await expect(full).rejects.toMatchObject({ name: 'QuotaExceededError' })
  })

  it('ST-9 a database that is there and cannot be opened is no private window: it is told', async () => {
    const broken = openProfile(never, async (options) => {
      const why = 'Internal error opening backing store for indexedDB.open.'
      const open = () => Promise.reject(new DOMException(why, 'UnknownError'))
      await new Connection({ name: 'broken', onLost: options?.onLost ?? never, open }).database()
      throw new Error('it opened')
    })
    await expect(broken).rejects.toMatchObject({ name: 'StorageError' })
  })

  it('ST-8 data of a newer version is not left for memory', async () => {
    const name = `newer-${crypto.randomUUID()}`
    ;(await openDB(name, 99)).close()
    onTestFinished(() => deleteDB(name))
    const opening = openProfile(never, (options) => openBrowserStorage({ ...options, name }))
    await expect(opening).rejects.toMatchObject({ name: 'StorageOutdatedError' })
  })

  it('ST-8 tells once when another tab takes the data over', async () => {
    const name = `taken-${crypto.randomUUID()}`
    onTestFinished(() => deleteDB(name))
    let lost = 0
    const lose = (): void => void (lost += 1)
    const { stores } = await openProfile(lose, (options) => openBrowserStorage({ ...options, name }))
    ;(await openDB(name, 99)).close()
    const refused = stores.shards.putPieces('f' as FileId, [
      { segment: 0, shard: 0, bytes: new Uint8Array(1), path: new Uint8Array(0) },
    ])
    await expect(refused).rejects.toMatchObject({ name: 'StorageError' })
    expect(lost).toBe(1)
  })
})
