/** What one link's statistics say at one moment: counters since the link began, as getStats gives them. */
export interface LinkReport {
  /** When it was read, ms on any clock that does not jump. */
  readonly atMs: number
  readonly path: 'direct' | 'relayed' | undefined
  readonly rttMs: number | undefined
  readonly audio: ReceivedReport
  readonly video: ReceivedReport & PictureReport
  /** What we send, and how much of it the other side says was lost, 0 to 1. */
  readonly sent: PictureReport & { readonly lostFraction: number | undefined }
  /** Bytes of all packets as the network carries them, headers of IPv4 and UDP counted. */
  readonly carried: { readonly received: number; readonly sent: number }
}

interface ReceivedReport {
  readonly packets: number
  readonly lost: number
  readonly jitterMs: number | undefined
}

interface PictureReport {
  readonly frames: number
  readonly width: number | undefined
  readonly height: number | undefined
  readonly codec: string | undefined
}

/** A link in one word; thresholds as Jitsi Meet publishes them: loss of 6, 8 and 12 %, 3 s without media. */
export type Grade = 'good' | 'fair' | 'poor' | 'lost'

/** The way of a link's media: straight, through a TURN server, or through one only so that no address is shown. */
export type CallPath = 'direct' | 'relayed' | 'hidden'

/** How well one participant comes through, over the time since the report before. */
export interface LinkQuality {
  readonly grade: Grade
  /** As the connection says it; `hidden` is relayed on a link that can be nothing else (SPEC CA-22). */
  readonly path: CallPath | undefined
  readonly rttMs: number | undefined
  readonly jitterMs: number | undefined
  /** Packets of sound and picture that did not come, 0 to 1. */
  readonly loss: number
  /** What the link takes of the line, each way: sound, pictures and all that goes with them. */
  readonly receivedKbps: number
  readonly sentKbps: number
  readonly fps: number
  readonly width: number | undefined
  readonly height: number | undefined
  readonly codec: string | undefined
  /** What the other side sees of us. */
  readonly seen: {
    readonly fps: number
    readonly height: number | undefined
    readonly loss: number | undefined
  }
}

/** No packet for this long and the link is as good as gone, whatever the last figures said. */
const silentMs = 3_000
/** A step shorter than this says little and divides by almost nothing. */
const shortestStepMs = 200

/** Turns counters into figures. One for each link; a new link begins with a new one. */
export class QualityMeter {
  #last: LinkReport | undefined
  #heardAt = 0
  #quality: LinkQuality | undefined

  /** Takes a report and gives the figures since the one before; undefined for the first. */
  next(report: LinkReport): LinkQuality | undefined {
    const last = this.#last
    if (last === undefined) {
      this.#last = report
      this.#heardAt = report.atMs
      return undefined
    }
    const stepMs = report.atMs - last.atMs
    if (stepMs < shortestStepMs) return this.#quality
    this.#last = report
    const packets =
      grown(report.audio.packets, last.audio.packets) + grown(report.video.packets, last.video.packets)
    const lost = grown(report.audio.lost, last.audio.lost) + grown(report.video.lost, last.video.lost)
    if (packets > 0) this.#heardAt = report.atMs
    const loss = packets + lost === 0 ? 0 : lost / (packets + lost)
    const perSecond = (now: number, before: number): number => (grown(now, before) / stepMs) * 1000
    const kbps = (now: number, before: number): number => Math.round((perSecond(now, before) * 8) / 1000)
    this.#quality = {
      grade: gradeOf(loss, report.atMs - this.#heardAt),
      path: report.path,
      rttMs: report.rttMs,
      jitterMs: report.audio.jitterMs,
      loss,
      receivedKbps: kbps(report.carried.received, last.carried.received),
      sentKbps: kbps(report.carried.sent, last.carried.sent),
      fps: Math.round(perSecond(report.video.frames, last.video.frames)),
      width: report.video.width,
      height: report.video.height,
      codec: report.video.codec,
      seen: {
        fps: Math.round(perSecond(report.sent.frames, last.sent.frames)),
        height: report.sent.height,
        loss: report.sent.lostFraction,
      },
    }
    return this.#quality
  }
}

/** Counters that begin anew (another track, a link made again) count as nothing, never as less than nothing. */
function grown(now: number, before: number): number {
  return Math.max(0, now - before)
}

function gradeOf(loss: number, silentForMs: number): Grade {
  if (silentForMs >= silentMs || loss >= 0.12) return 'lost'
  if (loss >= 0.08) return 'poor'
  return loss >= 0.06 ? 'fair' : 'good'
}
