import type { Stores } from '../index.ts'
import { logStoreSuite } from './log-store-suite.ts'
import { settingsStoreSuite } from './settings-store-suite.ts'
import { shardStoreSuite } from './shard-store-suite.ts'

/**
 * What every adapter of the storage ports must do.
 * @param open gives two handles on one fresh, empty profile, as two tabs have
 */
export function storesSuite(title: string, open: () => Promise<readonly [Stores, Stores]>): void {
  const both =
    <T>(pick: (stores: Stores) => T) =>
    async (): Promise<readonly [T, T]> => {
      const [a, b] = await open()
      return [pick(a), pick(b)]
    }
  settingsStoreSuite(
    title,
    both(({ settings }) => settings),
  )
  logStoreSuite(
    title,
    both(({ logs }) => logs),
  )
  shardStoreSuite(
    title,
    both(({ shards }) => shards),
  )
}
