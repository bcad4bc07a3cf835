import type { FileId, PeerId } from '../base/ids.ts'
import { linesToOnlyHolder } from './constants.ts'
import { PieceStream } from './piece-stream.ts'
import type { AskComponents } from './protocol.ts'

interface Line {
  readonly stream: Promise<PieceStream>
  /** What it is once it is open, and what had come on it by then. */
  open?: { readonly stream: PieceStream; readonly firstBytes: number }
}

/** The streams of a fetch to one holder: one over its link, and over lines of their own as many as {@link widen} adds (FI-87). */
export class HolderLines {
  readonly #components: AskComponents & { readonly file: FileId }
  #first: Line | undefined
  #more: Line[] = []
  #goneBytes = 0
  #isWidening = false
  /** Where another line did not come about, the next would not either. */
  #mayWiden = true

  constructor(components: AskComponents & { readonly file: FileId }) {
    this.#components = components
  }

  /** Whether there is a stream, or one opens. */
  get isThere(): boolean {
    return this.#first !== undefined
  }

  /** Whether the holder ended the stream over its link. */
  get isOver(): boolean {
    return this.#first?.open?.stream.isOver === true
  }

  /** How long the holder took for its first answer; 0 while it is not known. */
  get roundTripMs(): number {
    return this.#first?.open?.stream.roundTripMs ?? 0
  }

  /** Bytes that came on all of them, those that are gone included. */
  get receivedBytes(): number {
    return this.#lines().reduce((sum, line) => sum + bytesOf(line), this.#goneBytes)
  }

  /** The stream to ask next, the one that owes least; the first is opened when there is none. */
  take(peer: PeerId): Promise<PieceStream> {
    this.#first ??= lineOf(PieceStream.open(this.#components, peer, this.#components.file))
    for (const line of this.#more) if (line.open?.stream.isOver === true) this.#remove(line)
    const owes = ({ open }: Line): number => open?.stream.inFlightBytes ?? Infinity
    return this.#more.reduce((least, line) => (owes(line) < owes(least) ? line : least), this.#first).stream
  }

  /** One more line besides, as long as there are less than enough. */
  widen(peer: PeerId): void {
    const first = this.#first
    if (first?.open === undefined || !this.#mayWiden || this.#isWidening) return
    if (this.#lines().length >= linesToOnlyHolder) return
    this.#isWidening = true
    PieceStream.open(this.#components, peer, this.#components.file, { ownLine: true })
      .then((stream) => {
        if (this.#first !== first) return stream.close()
        const line = lineOf(Promise.resolve(stream))
        line.open = { stream, firstBytes: stream.receivedBytes }
        this.#more.push(line)
      })
      .catch(() => (this.#mayWiden = false))
      .finally(() => (this.#isWidening = false))
  }

  has(stream: Promise<PieceStream>): boolean {
    return this.#lines().some((line) => line.stream === stream)
  }

  /** Ends a stream that is not the first; false for any other. */
  narrow(stream: Promise<PieceStream>): boolean {
    const line = this.#more.find((one) => one.stream === stream)
    if (line === undefined) return false
    this.#remove(line)
    line.open?.stream.close()
    return true
  }

  /** Ends them all; what is asked for on them fails. */
  drop(): void {
    this.#goneBytes = this.receivedBytes
    const lines = this.#lines()
    this.#first = undefined
    this.#more = []
    for (const { stream } of lines) {
      stream.then(
        (open) => open.close(),
        () => {},
      )
    }
  }

  #remove(line: Line): void {
    this.#mayWiden = false
    this.#goneBytes += bytesOf(line)
    this.#more = this.#more.filter((other) => other !== line)
  }

  #lines(): readonly Line[] {
    return this.#first === undefined ? [] : [this.#first, ...this.#more]
  }
}

function lineOf(stream: Promise<PieceStream>): Line {
  const line: Line = { stream }
  stream.then(
    (open) => (line.open ??= { stream: open, firstBytes: open.receivedBytes }),
    () => {}, // told to who asks on it
  )
  return line
}

function bytesOf({ open }: Line): number {
  return open === undefined ? 0 : open.stream.receivedBytes - open.firstBytes
}
