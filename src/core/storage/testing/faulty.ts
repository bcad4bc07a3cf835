import type { LogStore, SettingsStore, ShardStore, Stores } from '../index.ts'

/** Gets the name of the verb and the count of writes so far; an error it returns is what the write rejects with. */
export type Fault = (verb: string, count: number) => Error | undefined

const writes = new Set([
  'set',
  'delete',
  'append',
  'appendAll',
  'putReceipt',
  'deleteRoom',
  'putFile',
  'putPieces',
  'putScratch',
  'deleteFile',
])

/** A fault of the n-th write only (from 0): `faultyStores(stores, nthWrite(3, new QuotaExceededError('full')))`. */
export function nthWrite(n: number, error: Error): Fault {
  return (_, count) => (count === n ? error : undefined)
}

/** Stores whose writes, counted together, ask `fail` first. Nothing is written when it fails; reads are untouched. */
export function faultyStores(stores: Stores, fail: Fault): Stores {
  let count = 0
  const counted: Fault = (verb) => fail(verb, count++)
  return {
    ...stores,
    settings: faultyStore(stores.settings, counted),
    logs: faultyStore(stores.logs, counted),
    shards: faultyStore(stores.shards, counted),
  }
}

/** One store whose writes ask `fail` first. */
export function faultyStore<T extends SettingsStore | LogStore | ShardStore>(store: T, fail: Fault): T {
  let count = 0
  return new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        const error = writes.has(String(key)) ? fail(String(key), count++) : undefined
        return error === undefined ? Reflect.apply(value, target, args) : Promise.reject(error)
      }
    },
  })
}
