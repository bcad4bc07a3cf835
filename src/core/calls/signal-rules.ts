import type { Clock } from '../base/clock.ts'
import { maxCandidates, maxDescriptionsPerMinute, maxMediaLines } from './constants.ts'
import {
  CandidateError,
  DescriptionError,
  FingerprintMismatchError,
  SignalFloodError,
  SignalOrderError,
} from './errors.ts'
import type { MediaSignal } from './media.ts'
import { RateWindow } from './rate.ts'

/** ICE generations whose candidates may still be on their way. */
const keptGenerations = 4

/**
 * What one link accepts as signals of the other side, before the browser sees them (SPEC CA-1, CA-10, CA-18). The
 * browser checks the rest; these are the rules it does not know or would break without a name.
 */
export class SignalRules {
  readonly #descriptions: RateWindow
  readonly #offers: boolean
  #candidates = 0
  #offerOut = false
  #fingerprints: string | undefined
  #ufrags: string[] = []

  /** @param offers whether this side makes all offers of the link; the other asks for them */
  constructor(clock: Clock, offers: boolean) {
    this.#offers = offers
    this.#descriptions = new RateWindow(clock, maxDescriptionsPerMinute, 60_000)
  }

  /** Notes what we send: an answer needs an offer. */
  sent(signal: MediaSignal): void {
    if (signal.kind === 'description') this.#offerOut = signal.type === 'offer'
  }

  /** Whether our last offer has its answer; what comes after it has no further answer of its own. */
  get isAnswered(): boolean {
    return this.#offers && !this.#offerOut && this.#ufrags.length > 0
  }

  /**
   * False for what is in order and of no use: a candidate whose answer was lost with the stream before. The offer is out
   * again, and its next answer names that candidate too.
   * Throws `DescriptionError`, `CandidateError`, `SignalOrderError`, `SignalFloodError` or `FingerprintMismatchError`.
   */
  check(signal: MediaSignal): boolean {
    if (signal.kind === 'candidate') return this.#checkCandidate(signal)
    if (signal.kind === 'description') this.#checkDescription(signal)
    else if (!this.#offers) throw new SignalOrderError('the other side offers by itself')
    else this.#count()
    return true
  }

  #checkDescription({ type, sdp }: Extract<MediaSignal, { kind: 'description' }>): void {
    this.#count()
    if (type === 'offer' && this.#offers) throw new SignalOrderError('this side offers')
    if (type === 'answer' && !this.#offerOut) throw new SignalOrderError('an answer came without an offer')
    if (!sdp.startsWith('v=0\r\n')) throw new DescriptionError('expected a session description')
    const lines = [...sdp.matchAll(/^m=(\S+)/gm)].map((match) => match[1])
    if (lines.length === 0 || lines.length > maxMediaLines) {
      throw new DescriptionError(`expected 1 to ${String(maxMediaLines)} media lines, got ${lines.length}`)
    }
    if (lines.some((kind) => kind !== 'audio' && kind !== 'video')) {
      throw new DescriptionError('expected lines of audio and video only')
    }
    const ufrags = valuesOf(sdp, /^a=ice-ufrag:(\S{1,256})\r?$/gm)
    if (ufrags.length === 0) throw new DescriptionError('description without ICE credentials')
    this.#checkFingerprints(sdp)
    if (type === 'answer') this.#offerOut = false
    this.#ufrags = [...ufrags, ...this.#ufrags.filter((known) => !ufrags.includes(known))].slice(
      0,
      keptGenerations,
    )
    this.#candidates = 0
  }

  #count(): void {
    if (this.#descriptions.take()) return
    throw new SignalFloodError(`more than ${String(maxDescriptionsPerMinute)} descriptions in a minute`)
  }

  /** One connection has one certificate for life: another one later is another endpoint. */
  #checkFingerprints(sdp: string): void {
    const found = fingerprintsOf(sdp)
    if (found.length === 0) throw new DescriptionError('description without a SHA-256 fingerprint')
    const all = found.join(' ')
    this.#fingerprints ??= all
    if (this.#fingerprints !== all)
      throw new FingerprintMismatchError('the DTLS certificate changed on the way')
  }

  #checkCandidate(signal: Extract<MediaSignal, { kind: 'candidate' }>): boolean {
    const isAwaitingAnswer = this.#offers && this.#offerOut
    if (this.#ufrags.length === 0 && !isAwaitingAnswer)
      throw new SignalOrderError('a candidate came before any description')
    this.#candidates += 1
    if (this.#candidates > maxCandidates) {
      throw new SignalFloodError(`more than ${String(maxCandidates)} candidates`)
    }
    if (
      !/^candidate:\S+ \d+ (?:udp|tcp) \d+ \S+ \d+ typ (?:host|srflx|prflx|relay)/i.test(signal.candidate)
    ) {
      throw new CandidateError('expected an ICE candidate')
    }
    if (this.#ufrags.includes(signal.ufrag)) return true
    if (isAwaitingAnswer) return false
    throw new CandidateError('a candidate of a foreign ICE generation')
  }
}

/** The SHA-256 `a=fingerprint` values of a description: upper case, sorted, each once. */
export function fingerprintsOf(sdp: string): readonly string[] {
  const found = valuesOf(sdp, /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})\r?$/gim)
  return found.map((value) => value.toUpperCase()).sort()
}

function valuesOf(sdp: string, pattern: RegExp): string[] {
  return [...new Set([...sdp.matchAll(pattern)].map((match) => match[1] ?? ''))]
}
