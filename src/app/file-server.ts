import type { Bytes } from '../core/base/bytes.ts'
import type { Events } from '../core/base/events.ts'

/** A file as it is given to the browser itself: to its downloads, or to a player. */
export interface ServedFile {
  /** Made safe already. */
  readonly name: string
  /** Shown in place only when it is one of the passive kinds; anything else is attached as plain bytes. */
  readonly mediaType: string
  readonly sizeBytes: number
  /** Saved rather than shown, and read once from start to end. */
  readonly isDownload: boolean
  /** Waited for before the browser is told that there is a file; rejects when there will be none. */
  ready?(signal: AbortSignal): Promise<void>
  /**
   * The bytes from `start` on, at least one and not beyond `end`, in a buffer of their own that is given away. One read at a
   * time for each request. `signal` fires when the browser does not want them any more.
   */
  read(start: number, end: number, signal: AbortSignal): Promise<Bytes>
  /** A request is over: every byte was taken, the browser did not want the rest, or it lost what fed it or the reading failed. */
  ended?(how: 'whole' | 'dropped' | 'lost'): void
}

/** Gives out files at addresses of this page's own origin, where the browser has a service worker for it. */
export interface FileServer {
  /** The worker came or went. */
  readonly events: Events<{ 'server:changed': object }>
  /** False where there is no worker: private windows of some browsers, or the first seconds of a first visit. */
  readonly isReady: boolean
  /** Whether the browser has workers, so that one may come yet. */
  readonly isExpected: boolean
  /** An address for a file until `stop`; answers under way fail then. */
  serve(file: ServedFile): { readonly url: string; stop(): void }
}
