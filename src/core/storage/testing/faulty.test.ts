import { describe, expect, it } from 'vitest'
import { QuotaExceededError } from '../../base/errors.ts'
import { createMemoryStorage } from '../index.ts'
import { faultyStores, nthWrite } from './faulty.ts'

describe('fault injection', () => {
  it('fails the n-th write across all stores, writes nothing then, and lets reads and later writes through', async () => {
    const inner = createMemoryStorage()
    const stores = faultyStores(inner, nthWrite(1, new QuotaExceededError('full', { neededBytes: 9 })))
    await stores.settings.set('a', 1)
    expect(await stores.settings.get('a')).toBe(1)
    const refused = stores.logs.putReceipt('r' as never, 'x' as never, new Uint8Array(1))
    await expect(refused).rejects.toMatchObject({ name: 'QuotaExceededError', neededBytes: 9 })
    expect((await inner.logs.receipts('r' as never)).size).toBe(0)
    await stores.settings.set('a', 2)
    expect(await inner.settings.get('a')).toBe(2)
  })
})
