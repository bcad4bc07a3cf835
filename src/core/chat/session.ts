import type { Bytes } from '../base/bytes.ts'
import { ProtocolError } from '../base/errors.ts'
import { within } from '../base/wait.ts'
import { StreamClosedError } from '../mesh/index.ts'
import { answerTimeoutMs, maxAnswers, maxAuthors, maxChatFrameBytes } from './constants.ts'
import type { Delivery } from './delivery.ts'
import type { ChatMessage } from './messages.ts'
import type { ChatStream } from './protocol.ts'
import { Puller, type PullerInit, type Want } from './puller.ts'
import { readAnswer } from './answer.ts'
import type { LogStore } from '../storage/index.ts'
import type { RoomId } from '../base/ids.ts'

type Answer = Extract<ChatMessage, { t: 'entries' }>

export interface SessionInit extends Omit<PullerInit, 'ask' | 'isRelayed'> {
  readonly room: RoomId
  readonly store: LogStore
  readonly delivery: Delivery
  readonly takeReceipt: (bytes: Bytes) => Promise<void>
}

/** Receipts in one frame stop at this many bytes, leaving space for one more of the longest kind. */
const receiptsFrameBytes = maxChatFrameBytes / 2

/**
 * Both ends of one comparison (SPEC CH-12): heads both ways, receipts the other lacks, then each side asks for ranges
 * it lacks, one request at a time, and says `done`.
 */
export class Session {
  readonly #init: SessionInit
  readonly #channel: ChatStream
  readonly #puller: Puller
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined
  #hasTheirHeads = false
  #areWeDone = false
  #areTheyDone = false
  #answers = 0
  #failure: unknown

  constructor(channel: ChatStream, init: SessionInit) {
    this.#init = init
    this.#channel = channel
    this.#puller = new Puller({
      ...init,
      isRelayed: channel.stream.path === 'relayed',
      ask: (want) => this.#ask(want),
    })
    channel.stream.signal.addEventListener(
      'abort',
      () => this.#waiting?.reject(new StreamClosedError('session ended before the answer')),
      { once: true },
    )
  }

  /**
   * Runs to the end. `more` when a bound stopped us before we had everything.
   * Throws what broke it: `InvalidMessageError`, `ProtocolError` and its kin, `TimeoutError`, `StreamClosedError`.
   *
   * @param first a message already read from the stream
   */
  async run(first?: ChatMessage): Promise<{ readonly more: boolean }> {
    try {
      await this.#channel.send(this.#headsMessage())
      let message = first ?? (await this.#theirHeads())
      for (; message !== undefined; message = await this.#channel.receive()) {
        await this.#handle(message)
        if (this.#isOver) break
      }
      if (!this.#isOver) throw new StreamClosedError('session ended before both sides were done')
      await this.#channel.close()
      return { more: this.#puller.hasMore }
    } catch (error) {
      const cause: unknown = this.#failure ?? error
      this.#channel.abort(cause)
      throw cause
    }
  }

  /** Whoever is asked has heads to say at once: who does not is on a link that leads nowhere any more, and another try is worth more than patience. */
  #theirHeads(): Promise<ChatMessage | undefined> {
    const { clock } = this.#init
    return within(this.#channel.receive(), 'chat heads', { clock, timeoutMs: answerTimeoutMs })
  }

  get #isOver(): boolean {
    return this.#areWeDone && this.#areTheyDone
  }

  #headsMessage(): ChatMessage {
    const { logs, delivery } = this.#init
    const heads = []
    for (const author of logs.authors()) {
      const head = logs.head(author)
      if (head !== undefined && heads.length < maxAuthors) heads.push({ author, ...head })
    }
    const receipts = [...delivery.receipts()].map(({ reader, covered }) => ({ reader, covered }))
    return { t: 'heads', logs: heads, receipts }
  }

  async #handle(message: ChatMessage): Promise<void> {
    if ((message.t === 'heads') === this.#hasTheirHeads) throw new ProtocolError(`${message.t} out of order`)
    switch (message.t) {
      case 'heads':
        this.#hasTheirHeads = true
        this.#pull(message).catch((error: unknown) => {
          this.#failure = error
          this.#channel.abort(error)
        })
        return
      case 'want':
        return this.#serve(message)
      case 'entries': {
        if (this.#waiting === undefined) throw new ProtocolError('entries that were not asked for')
        const { resolve } = this.#waiting
        this.#waiting = undefined
        return resolve(message)
      }
      case 'receipts':
        for (const bytes of message.list) await this.#init.takeReceipt(bytes)
        return
      case 'done':
        if (this.#areTheyDone) throw new ProtocolError('done twice')
        this.#areTheyDone = true
        return
      case 'notice':
        throw new ProtocolError('notice inside a session')
      default:
        message satisfies never
    }
  }

  async #pull(theirs: Extract<ChatMessage, { t: 'heads' }>): Promise<void> {
    await this.#sendReceipts(new Map(theirs.receipts.map(({ reader, covered }) => [reader, covered])))
    await this.#puller.run(theirs.logs)
    this.#areWeDone = true
    await this.#channel.send({ t: 'done' })
  }

  async #ask(want: Want): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
    const [, entries] = await Promise.all([this.#channel.send({ t: 'want', ...want }), answer])
    return entries
  }

  async #serve(want: Extract<ChatMessage, { t: 'want' }>): Promise<void> {
    this.#answers += 1
    if (this.#areTheyDone || this.#answers > maxAnswers) throw new ProtocolError('one request too many')
    const { store, room, logs } = this.#init
    const to = Math.min(want.from + want.max, logs.length(want.author))
    const list = await readAnswer(store, { room, author: want.author, from: want.from, to })
    await this.#channel.send({ t: 'entries', author: want.author, from: want.from, list })
  }

  async #sendReceipts(held: ReadonlyMap<string, number>): Promise<void> {
    let list: Bytes[] = []
    let bytes = 0
    for (const receipt of this.#init.delivery.receipts()) {
      if ((held.get(receipt.reader) ?? -1) >= receipt.covered) continue
      list.push(receipt.bytes)
      bytes += receipt.bytes.byteLength
      if (bytes < receiptsFrameBytes) continue
      await this.#channel.send({ t: 'receipts', list })
      list = []
      bytes = 0
    }
    if (list.length > 0) await this.#channel.send({ t: 'receipts', list })
  }
}
