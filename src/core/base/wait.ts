import { AbortError, TimeoutError } from './errors.ts'
import type { Clock } from './clock.ts'

/** Throws `AbortError` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError('aborted', { cause: signal.reason })
}

/**
 * Waits for `promise`, at most `timeoutMs`, and no longer than `signal` allows.
 * Throws `TimeoutError` naming `what`, or `AbortError`. The promise itself is not cancelled.
 */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  { clock, timeoutMs, signal }: { clock: Clock; timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<T> {
  // Who gave up before the wait began still owns the promise: its failure is nobody's.
  if (signal?.aborted === true) promise.catch(() => undefined)
  throwIfAborted(signal)
  return await new Promise<T>((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => {
      done()
      reject(new TimeoutError(`${what} took longer than ${String(timeoutMs)} ms`))
    })
    const onAbort = (): void => {
      done()
      reject(new AbortError(`${what} was aborted`, { cause: signal?.reason }))
    }
    const done = (): void => {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    promise.then(
      (value) => {
        done()
        resolve(value)
      },
      (error: unknown) => {
        done()
        reject(error instanceof Error ? error : new Error(String(error)))
      },
    )
  })
}

/** Resolves after `delayMs` on `clock`; throws `AbortError` when `signal` fires first. */
export async function delay(delayMs: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal)
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      cancel()
      reject(new AbortError('delay was aborted', { cause: signal?.reason }))
    }
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Fires when `signal` does, or after so long. */
export function signalWithin(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  const patience = AbortSignal.timeout(timeoutMs)
  return signal === undefined ? patience : AbortSignal.any([signal, patience])
}
