import type { Clock } from '../core/base/clock.ts'
import { t } from './words.ts'

/** A screen reader hears at most one summary in this time: faster ones would interrupt each other. */
const quietMs = 1_500
/** Longer messages are heard in part; the whole is in the timeline. */
const maxHeardChars = 200

/** Gathers what happened and says it in summaries, for the live region. */
export class Announcer {
  readonly #clock: Clock
  #said = $state('')
  #cancel: (() => void) | undefined
  #messages: { name: string; text: string }[] = []
  #joined: readonly string[] = []
  #left: readonly string[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is to be read out now. */
  get said(): string {
    return this.#said
  }

  message(name: string, text: string): void {
    // Beyond the second only the number and names are said.
    if (this.#messages.length < 100) this.#messages.push({ name, text: text.slice(0, maxHeardChars) })
    this.#soon()
  }

  joined(name: string): void {
    ;[this.#left, this.#joined] = moved(name, this.#left, this.#joined)
    this.#soon()
  }

  left(name: string): void {
    ;[this.#joined, this.#left] = moved(name, this.#joined, this.#left)
    this.#soon()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #soon(): void {
    this.#cancel ??= this.#clock.after(quietMs, () => {
      this.#cancel = undefined
      this.#said = this.#summary()
    })
  }

  #summary(): string {
    const parts: string[] = []
    if (this.#joined.length > 0) parts.push(t('people.joined', { names: this.#joined }))
    if (this.#left.length > 0) parts.push(t('people.left', { names: this.#left }))
    const [only] = this.#messages
    if (only !== undefined) {
      const names = this.#messages.map(({ name }) => name).filter((name, i, all) => all.indexOf(name) === i)
      const n = this.#messages.length
      parts.push(n === 1 ? t('chat.announce', only) : t('chat.announceMany', { n, names }))
    }
    this.#messages = []
    this.#joined = []
    this.#left = []
    return parts.join('. ')
  }
}

/** Who comes back at once has not left, and the other way round: takes `name` out of one list, or puts it on the other. */
function moved(
  name: string,
  from: readonly string[],
  to: readonly string[],
): [from: readonly string[], to: readonly string[]] {
  if (from.includes(name)) return [from.filter((known) => known !== name), to]
  return [from, to.includes(name) ? to : [...to, name]]
}
