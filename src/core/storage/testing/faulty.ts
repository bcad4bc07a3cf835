import type { Stores } from '../index.ts'

const writes = new Set([
  'set',
  'delete',
  'append',
  'putReceipt',
  'deleteRoom',
  'putFile',
  'putPieces',
  'deleteFile',
])

/**
 * Stores whose writes ask `fail` first: it gets the name of the verb and the count of writes so far, and returns the error
 * to reject with, or undefined to let the write through. Nothing is written when it fails.
 */
export function faultyStores(
  stores: Stores,
  fail: (verb: string, count: number) => Error | undefined,
): Stores {
  let count = 0
  const guard = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        return (...args: unknown[]): unknown => {
          const error = writes.has(String(key)) ? fail(String(key), count++) : undefined
          return error === undefined ? Reflect.apply(value, target, args) : Promise.reject(error)
        }
      },
    })
  return {
    ...stores,
    settings: guard(stores.settings),
    logs: guard(stores.logs),
    shards: guard(stores.shards),
  }
}
