import { systemClock } from '../../core/base/clock.ts'
import { within } from '../../core/base/wait.ts'
import { orderPictures, orderSound, preferredPicture } from '../../core/calls/index.ts'

/** What one side sends to four people of a call: a chip that cannot do this is of no use. */
const usual = { width: 640, height: 360, bitrate: 450_000, framerate: 24 }
/** A judgement that takes longer is not waited for: the order of software holds. */
const judgeWithinMs = 500

/** Which codecs of pictures this machine does in hardware both ways, by their name in lower case. */
export type CodecJudge = () => Promise<ReadonlySet<string>>

/** Puts codecs of each line in the order both ends do well (docs/decisions/0035-codec-order.md, SPEC CA-23). */
export class CodecPreference {
  readonly #judge: CodecJudge
  #judged: Promise<void> | undefined
  /** What the engine can, by kind: it never changes, and asking holds the page up. */
  readonly #capabilities = new Map<string, readonly RTCRtpCodec[]>()
  #efficient: ReadonlySet<string> = new Set()

  constructor(judge: CodecJudge = judgeCodecs) {
    this.#judge = judge
  }

  /** Asks the machine, once for this page. Does not reject. */
  ready(): Promise<void> {
    this.#judged ??= within(this.#judge(), 'judging codecs', {
      clock: systemClock,
      timeoutMs: judgeWithinMs,
    }).then(
      (efficient) => void (this.#efficient = efficient),
      () => {
        // An engine that cannot say is treated as one without a chip.
      },
    )
    return this.#judged
  }

  /** To be called before an offer or answer is made. @param offer the description that is answered */
  apply(transceiver: RTCRtpTransceiver, offer?: string): void {
    const { kind } = transceiver.receiver.track
    const entries = this.#codecsOf(kind)
    const isEfficient = ({ mimeType }: { mimeType: string }): boolean =>
      this.#efficient.has(mimeType.toLowerCase())
    const offered = offer === undefined ? undefined : preferredPicture(offer)
    const ordered = kind === 'audio' ? orderSound(entries) : orderPictures(entries, isEfficient, offered)
    try {
      transceiver.setCodecPreferences([...ordered])
    } catch {
      // An engine without the method, or with rules of its own: its own order holds, and every codec is in it.
    }
  }

  #codecsOf(kind: string): readonly RTCRtpCodec[] {
    const known = this.#capabilities.get(kind)
    if (known !== undefined) return known
    const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []
    this.#capabilities.set(kind, codecs)
    return codecs
  }
}

/** As the engine says of what it could encode and decode now (W3C media-capabilities, `webrtc`). */
async function judgeCodecs(): Promise<ReadonlySet<string>> {
  const all = RTCRtpSender.getCapabilities('video')?.codecs ?? []
  const names = await Promise.all(
    all.map(async ({ mimeType, sdpFmtpLine }) => {
      const contentType = [mimeType, sdpFmtpLine].filter((part) => part !== undefined).join(';')
      return (await isEfficient({ ...usual, contentType })) ? [mimeType.toLowerCase()] : []
    }),
  )
  return new Set(names.flat())
}

async function isEfficient(video: VideoConfiguration): Promise<boolean> {
  try {
    const { mediaCapabilities } = navigator
    const [encoding, decoding] = await Promise.all([
      mediaCapabilities.encodingInfo({ type: 'webrtc', video }),
      mediaCapabilities.decodingInfo({ type: 'webrtc', video }),
    ])
    return [encoding, decoding].every((one) => one.supported && one.smooth && one.powerEfficient)
  } catch {
    return false // TypeError: no codec but a way to repair loss, or an engine that does not know the question
  }
}
