import { deleteDB } from 'idb'
import { onTestFinished } from 'vitest'
import { openBrowserStorage, type BrowserStores } from '../storage.ts'

let count = 0

/** Two connections to one fresh database, as two tabs have; it is removed when the test ends. */
export async function openTwice(
  onLost?: () => void,
): Promise<readonly [BrowserStores, BrowserStores, string]> {
  const name = `test-${String(count++)}-${crypto.randomUUID()}`
  const options = onLost === undefined ? { name } : { name, onLost }
  const [a, b] = [await openBrowserStorage(options), await openBrowserStorage({ name })]
  onTestFinished(async () => {
    a.close()
    b.close()
    await deleteDB(name)
  })
  return [a, b, name]
}
