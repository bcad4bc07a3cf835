import { createMemoryStorage } from './index.ts'
import { storesSuite } from './testing/stores-suite.ts'

storesSuite('memory', () => {
  const stores = createMemoryStorage()
  return Promise.resolve([stores, stores])
})
