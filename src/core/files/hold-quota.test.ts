import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes } from '../base/bytes.ts'
import { QuotaExceededError } from '../base/errors.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { createMemoryStorage } from '../storage/index.ts'
import { faultyStores } from '../storage/testing/faulty.ts'
import { fetchBytes, memorySource, Party, randomBytes, until } from './testing/party.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

describe('a holder whose disk is full', () => {
  it('FI-18, ST-6: at any write signs for nothing it has not, and keeps nothing half', async () => {
    const bytes = randomBytes(5_000_000)
    for (let failAt = 0; failAt < 20; failAt++) {
      const a = await party.guest(`a${failAt}`)
      const stores = createMemoryStorage()
      let writes = 0
      const faulty = faultyStores(stores, (verb) =>
        verb.startsWith('put') && writes++ === failAt ? new QuotaExceededError('disk is full') : undefined,
      )
      const b = await party.guest(`b${failAt}`, { shards: faulty.shards })
      const file = await a.files.share(memorySource(bytes))
      const isHeld = (): boolean =>
        a.view(file)?.durability.holdings.some(({ account }) => account === b.account) === true
      await until(() => isHeld() || writes > failAt)
      await settle(200)
      if (isHeld()) {
        expect(failAt).toBeGreaterThanOrEqual(4) // record, two batches or more, record again
        return
      }
      expect(await stores.shards.file(file)).toBeUndefined()
      expect((await stores.shards.usage()).totalBytes).toBe(0)
      expect(equalBytes(await fetchBytes(a, file), bytes)).toBe(true)
      await a.leave()
      await b.leave()
    }
    throw new Error('no write ever went through')
  })
})
