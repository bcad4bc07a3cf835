/**
 * What the service worker and the pages say to each other about streamed files. The worker keeps nothing: whoever asks for
 * an address of ours is answered by asking every window whose file that is, so a worker that was restarted still serves.
 *
 * @packageDocumentation
 */

/** Every address below it is a file that a page gives out: `/~file/<id>/<name>`. The name is for people only. */
export const filePath = '/~file/'

/** Ids are 16 random bytes in base64url: nobody guesses one. */
export const fileIdPattern = /^[A-Za-z0-9_-]{22}$/

/** Most bytes asked of a page at once. Larger ones cost memory in two processes, smaller ones a message each. */
export const maxChunkBytes = 1_048_576

/** From the worker to every window, with a port for the answer: whose is it? */
export interface FileWanted {
  readonly type: 'file:wanted'
  readonly file: string
  /** This one answer of the worker; the page names it in {@link StreamsAlive}. */
  readonly stream: string
}

/** From a page to the worker, as long as any of its files streams (FI-41). Answered on the port with {@link StreamsLost}. */
export interface StreamsAlive {
  readonly type: 'file:alive'
  readonly streams: readonly string[]
}

/** Streams that the worker does not know any more: the browser ended the worker that fed them. */
export interface StreamsLost {
  readonly lost: readonly string[]
}

/** From the page on a port of {@link FileWanted}. */
export type FromPage =
  | { readonly type: 'unknown' }
  /** It is mine; the head follows once there is something to give. */
  | { readonly type: 'mine' }
  | {
      readonly type: 'head'
      readonly name: string
      readonly mediaType: string
      readonly sizeBytes: number
      /** A download: attached, never shown, and read once from start to end. */
      readonly isDownload: boolean
    }
  /** At least one byte and at most what was asked for; its buffer is transferred. */
  | { readonly type: 'chunk'; readonly bytes: ArrayBuffer }
  | { readonly type: 'failed' }

/** From the worker on a port of {@link FileWanted}. */
export type FromWorker =
  /** The bytes `start` ≤ i < `end`, or the first of them. One is asked for at a time. */
  | { readonly type: 'read'; readonly start: number; readonly end: number }
  /** `whole`: the browser took every byte it had asked for. `dropped`: it did not want the rest. */
  | { readonly type: 'ended'; readonly how: 'whole' | 'dropped' }
