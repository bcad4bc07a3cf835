/**
 * `Promise.withResolvers` for Node 20 and for browsers before Chrome 119, Firefox 121 and Safari 17.4. libp2p 3 calls
 * it while its modules load, so every root imports this file first.
 */
interface Resolvers<T> {
  promise: Promise<T>
  resolve: (value: T | PromiseLike<T>) => void
  reject: (reason?: unknown) => void
}

// Not in every engine, whatever the types say.
const target = Promise as unknown as { withResolvers?: <T>() => Resolvers<T> }
target.withResolvers ??= function withResolvers<T>(): Resolvers<T> {
  let resolve!: Resolvers<T>['resolve']
  let reject!: Resolvers<T>['reject']
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
