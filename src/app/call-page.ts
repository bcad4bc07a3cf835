/**
 * Keeps the screen lit until the returned function is called; asked for again whenever the page is seen anew, since the
 * browser gives it up when it is hidden. Where there is no such thing nothing happens.
 */
export function keepAwake(): () => void {
  const stop = new AbortController()
  let lock: WakeLockSentinel | undefined
  const ask = async (): Promise<void> => {
    if (document.hidden || !('wakeLock' in navigator)) return
    try {
      const got = await navigator.wakeLock.request('screen')
      if (stop.signal.aborted) await got.release()
      else lock = got
    } catch {
      // Battery saver or a policy forbids it: the call goes on, the screen may go dark.
    }
  }
  document.addEventListener('visibilitychange', () => void ask(), { signal: stop.signal })
  void ask()
  return () => {
    stop.abort()
    void lock?.release()
  }
}

/** What the system says of its network, where the engine tells (Chromium). */
interface NetworkReport extends EventTarget {
  readonly type?: string
}

/**
 * Tells when the way through the network may have changed: at once for all links when the browser says so; for broken links
 * when the page is seen again, as after sleep.
 */
export function watchNetwork(changed: (all: boolean) => void, signal: AbortSignal): void {
  const report = (navigator as { connection?: NetworkReport }).connection
  let kind = report?.type
  addEventListener('online', () => changed(true), { signal })
  report?.addEventListener(
    'change',
    () => {
      // Speed estimates change all the time; another kind of network is another way.
      if (report.type !== kind) changed(true)
      kind = report.type
    },
    { signal },
  )
  document.addEventListener('visibilitychange', () => !document.hidden && changed(false), { signal })
}

/** A page that is hidden for less than this, as on the way through other tabs, still counts as seen, in ms. */
const hiddenGraceMs = 3_000

/** Tells whether the page can be seen: late when it is hidden, at once when it is back. */
export function watchSight(changed: (isSeen: boolean) => void, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    clearTimeout(timer)
    if (document.hidden) timer = setTimeout(() => changed(false), hiddenGraceMs)
    else changed(true)
  }
  document.addEventListener('visibilitychange', look, { signal })
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  look()
}
