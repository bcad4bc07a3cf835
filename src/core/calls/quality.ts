/** What one link's statistics say at one moment: counters since the link began, as getStats gives them. */
export interface LinkReport {
  /** When it was read, ms on any clock that does not jump. */
  readonly atMs: number
  readonly path: 'direct' | 'relayed' | undefined
  readonly rttMs: number | undefined
  readonly audio: ReceivedReport
  readonly video: ReceivedReport & PictureReport
  /** What we send of our camera. */
  readonly sent: PictureReport & { readonly bytes: number; readonly limit: SendLimit | undefined }
  /** What the other side reports of each line we send on. */
  readonly heard: readonly HeardReport[]
  /** Bytes of all packets as the network carries them, headers of IPv4 and UDP counted. */
  readonly carried: { readonly received: number; readonly sent: number }
}

interface ReceivedReport {
  readonly packets: number
  readonly lost: number
  readonly jitterMs: number | undefined
}

/** What keeps the encoder of our camera below what was asked for, as the engine says (W3C webrtc-stats). */
export type SendLimit = 'none' | 'cpu' | 'bandwidth' | 'other'

/** The other side's last word on one line of ours (RTCP, RFC 3550 section 6.4). */
interface HeardReport {
  readonly line: 'sound' | 'picture' | 'screen'
  /** When it came, on whatever clock the engine stamps with: only whether it has changed is looked at. */
  readonly stamp: number
  readonly lostFraction: number | undefined
  readonly rttMs: number | undefined
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
  /** When it was read, on the clock of {@link LinkReport.atMs}. */
  readonly atMs: number
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
  /** Of the picture that comes; undefined while none does. */
  readonly width: number | undefined
  readonly height: number | undefined
  readonly codec: string | undefined
  /** What the other side gets from us. */
  readonly seen: SeenQuality
}

/** What one other side sees and hears of us: our picture as it is sent to it, and its own word on what arrives. */
export interface SeenQuality {
  readonly fps: number
  /** Of the picture we send; undefined while we send none. */
  readonly width: number | undefined
  readonly height: number | undefined
  /** Of the picture alone. */
  readonly kbps: number
  readonly limit: SendLimit | undefined
  /** The worst it reports of any line, 0 to 1; undefined when it has not reported lately. */
  readonly loss: number | undefined
  readonly sound: HeardQuality | undefined
  readonly picture: HeardQuality | undefined
}

/** The other side's word on one line of ours. */
export interface HeardQuality {
  /** 0 to 1. */
  readonly loss: number | undefined
  readonly rttMs: number | undefined
}

/** No packet for this long and the link is as good as gone, whatever the last figures said. */
const silentMs = 3_000
/** A step shorter than this says little and divides by almost nothing. */
const shortestStepMs = 200
/** Reports on sound come every 5 s (RFC 3550 section 6.2) and one may be lost: an older word is no word. */
const heardForMs = 11_000

/** Turns counters into figures. One for each link; a new link begins with a new one. */
export class QualityMeter {
  #last: LinkReport | undefined
  #heardAt = 0
  #quality: LinkQuality | undefined
  /** The stamp of each line's last report, and when it was first seen. */
  readonly #stamps = new Map<HeardReport['line'], { readonly stamp: number; readonly sinceMs: number }>()

  /** Takes a report and gives the figures since the one before; undefined for the first. */
  next(report: LinkReport): LinkQuality | undefined {
    const last = this.#last
    if (last === undefined) {
      this.#last = report
      this.#heardAt = report.atMs
      this.#fresh(report)
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
    const fps = Math.round(perSecond(report.video.frames, last.video.frames))
    this.#quality = {
      atMs: report.atMs,
      grade: gradeOf(loss, report.atMs - this.#heardAt),
      path: report.path,
      rttMs: report.rttMs,
      jitterMs: report.audio.jitterMs,
      loss,
      receivedKbps: kbps(report.carried.received, last.carried.received),
      sentKbps: kbps(report.carried.sent, last.carried.sent),
      fps,
      ...(fps > 0 ? sizeOf(report.video) : noSize),
      seen: this.#seen(report, last, stepMs),
    }
    return this.#quality
  }

  #seen(report: LinkReport, last: LinkReport, stepMs: number): SeenQuality {
    const { sent } = report
    const fps = Math.round((grown(sent.frames, last.sent.frames) / stepMs) * 1000)
    const fresh = this.#fresh(report)
    const losses = fresh.flatMap(({ lostFraction }) => lostFraction ?? [])
    const of = (line: HeardReport['line']): HeardQuality | undefined => {
      const heard = fresh.find((one) => one.line === line)
      return heard && { loss: heard.lostFraction, rttMs: heard.rttMs }
    }
    const { width, height } = sent
    return {
      fps,
      // Engines go on telling the size of a picture that is not sent any more.
      ...(fps > 0
        ? { width, height, limit: sent.limit }
        : { width: undefined, height: undefined, limit: undefined }),
      kbps: Math.round((grown(sent.bytes, last.sent.bytes) * 8) / stepMs),
      loss: losses.length === 0 ? undefined : Math.max(...losses),
      sound: of('sound'),
      picture: of('picture'),
    }
  }

  /** Reports that came lately: engines go on telling the last one of a line that is silent. */
  #fresh({ atMs, heard }: LinkReport): readonly HeardReport[] {
    return heard.filter(({ line, stamp }) => {
      const known = this.#stamps.get(line)
      const sinceMs = known?.stamp === stamp ? known.sinceMs : atMs
      this.#stamps.set(line, { stamp, sinceMs })
      return atMs - sinceMs < heardForMs
    })
  }
}

const noSize = { width: undefined, height: undefined, codec: undefined }

function sizeOf({ width, height, codec }: PictureReport): Pick<LinkQuality, 'width' | 'height' | 'codec'> {
  return { width, height, codec }
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
