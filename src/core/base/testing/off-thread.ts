/**
 * WebCrypto runs on other threads, and a busy machine may hold those back for longer than any number of turns of the event
 * loop. So tests that let work settle count what is under way instead of guessing.
 */
let underWay = 0

/** Resolves once no WebCrypto operation is under way. */
export async function offThreadIdle(): Promise<void> {
  while (underWay > 0) await new Promise<void>((resolve) => void setTimeout(resolve, 0))
}

type Operation = (this: object, ...args: never[]) => Promise<unknown>

const operations = ['digest', 'sign', 'verify', 'importKey', 'exportKey', 'encrypt', 'decrypt'] as const
// Operations differ in what they take and give; counting needs neither.
const prototype = Object.getPrototypeOf(crypto.subtle) as Record<(typeof operations)[number], Operation>

for (const name of operations) {
  const operation = prototype[name]
  prototype[name] = function counted(this: object, ...args) {
    const result = operation.apply(this, args)
    const done = (): void => void (underWay -= 1)
    underWay += 1
    result.then(done, done)
    return result
  }
}
